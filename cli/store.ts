/**
 * `qalam store`: the observations of a cluster in Postgres, and REST over them and the cluster's Experiments.
 *
 * Any number may run over one database; none leads. Who asks is told by the cluster (`server/access`). A store that starts
 * before its database or its API server waits for them; `/readyz` says for what.
 */
import type { Trial } from '#api'
import {
  systemClock as clock,
  createClient,
  createInformers,
  createReadingClient,
  type Informers,
  kubeconfigTransport,
  patientTransport,
  type WritingClient,
} from '#kube'
import {
  type ClusterTrust,
  clusterDoorkeeper,
  createRestServer,
  type Doorkeeper,
  NamespacedReviews,
  openKatibWire,
  promptTransport,
  type RestServer,
  Reviews,
  type ServerIdentity,
  startProbes,
  trialNotes,
} from '#server'
import { type ObservationStore, openObservations, startPostgres } from '#store'
import { algorithmEntries } from './algorithm-entries.ts'
import { directorySource } from './cluster/certificate-source.ts'
import { answeringDatabase } from './cluster/observations.ts'
import { awaitCertificate, keepRenewing } from './cluster/shown-certificate.ts'
import { isLoopback, type UiOptions, uiDoorkeeper } from './cluster/ui-port.ts'
import { CommandError, EXIT } from './exit.ts'
import { listening } from './listening.ts'
import { VERSION } from './version.ts'

export interface StoreOptions extends UiOptions {
  readonly kubeconfig?: string
  readonly data?: string
  readonly host: string
  readonly port: number
  readonly certificates?: string
  readonly healthPort?: number
  /** Plaintext port of Katib's gRPC services; absent: none. */
  readonly grpcPort?: number
  readonly controller: readonly string[]
  /** Where it is installed: templates of trials in this namespace are for everybody. */
  readonly namespace: string
  /** With rights in that namespace alone. */
  readonly singleNamespace?: boolean
}

/** Whoever asks here waits no longer for what the API server says of it; collectors themselves give up after 30 s. */
const ANSWER_MS = 20_000

/** What the manifests make. */
const CONTROLLER = 'system:serviceaccount:kubeflow:qalam-controller'

const log = (line: string) => void process.stderr.write(`${line}\n`)

/** Serves until SIGINT or SIGTERM. */
export async function store(options: StoreOptions): Promise<void> {
  const { host, port, certificates, healthPort } = options
  if (certificates === undefined && !isLoopback(host))
    throw new CommandError(EXIT.usage, `--host ${host}: tokens are not sent in the clear; give --certificates too`)
  if (options.singleNamespace && options.grpcPort !== undefined)
    throw new CommandError(
      EXIT.usage,
      '--grpc-port with --single-namespace: whose pod an address is takes a right on the pods of all namespaces',
    )
  const ending = new AbortController()
  process.on('SIGINT', () => ending.abort()).on('SIGTERM', () => ending.abort())
  const asked = new Promise<void>(resolve => ending.signal.addEventListener('abort', () => resolve(), { once: true }))
  await using running = new AsyncDisposableStack()
  let waitingFor: () => Promise<readonly string[]> = async () => ['the first start']
  if (healthPort !== undefined) {
    const probes = await listening('--health-port', healthPort, () =>
      startProbes({ waitingFor: () => waitingFor() }, { host, port: healthPort }),
    )
    log(`health on port ${running.use(probes).port}`)
  }
  waitingFor = async () => ['the database']
  const observations = running.use(await observationsIn(options.data, ending.signal, running))
  if (!observations) return
  const source = certificates === undefined ? undefined : directorySource(certificates)
  waitingFor = async () => [`the certificate in ${certificates}`]
  const tls = source && (await awaitCertificate(source, { clock, signal: ending.signal, log }))
  if (ending.signal.aborted) return
  const surroundings = await surroundingsOf(options, running)
  const doorkeeper = clusterDoorkeeper(surroundings.trust)
  const rest = running.use(
    await restOf(options, surroundings, observations, { doorkeeper, servesControllers: true, tls }),
  )
  waitingFor = async () => {
    const { statusCode, body } = await rest.inject({ url: '/readyz' })
    return statusCode === 200 ? [] : (JSON.parse(body) as { waitingFor: readonly string[] }).waitingFor
  }
  const { url } = await listening('--port', port, () => rest.listen({ host, port }))
  if (source) running.use(keepRenewing(source, { shown: tls?.cert ?? '', renew: next => rest.renew(next), clock, log }))
  const grpc = await grpcOf(options, surroundings, observations, running)
  const ui = await uiOf(options, surroundings, observations, running)
  const places = { rest: url, ...(grpc === undefined ? {} : { grpc }), ...(ui === undefined ? {} : { ui }) }
  const words = Object.entries(places).map(([name, place]) => `${name}=${place}`)
  process.stdout.write(`ready ${words.join(' ')}\n`)
  await asked
}

/** Undefined: asked to end before the database answered. */
async function observationsIn(
  data: string | undefined,
  ending: AbortSignal,
  running: AsyncDisposableStack,
): Promise<ObservationStore | undefined> {
  const { DATABASE_URL: databaseUrl } = process.env
  if (databaseUrl)
    return answeringDatabase(databaseUrl, { signal: ending, log }).catch(error => {
      if (ending.aborted) return undefined
      throw error
    })
  if (data !== undefined) return openObservations({ postgres: running.use(await startPostgres(data, log)), log })
  throw new CommandError(
    EXIT.usage,
    'DATABASE_URL: expected the address of a Postgres database, or --data with a directory for one of its own; got neither; set one',
  )
}

interface Surroundings {
  readonly client: WritingClient
  readonly informers: Informers
  readonly trust: ClusterTrust
}

async function surroundingsOf(options: StoreOptions, running: AsyncDisposableStack): Promise<Surroundings> {
  const own = running.use(await kubeconfigTransport(options.kubeconfig))
  const patient = patientTransport(own, { clock, asksAgain: true, log })
  const prompt = promptTransport(patient, { clock, withinMs: ANSWER_MS })
  const controllers = new Set(options.controller.length > 0 ? options.controller : [CONTROLLER])
  const { namespace, singleNamespace } = options
  const reviews = singleNamespace
    ? new NamespacedReviews({ transport: prompt, as: token => own.as(token), clock, namespace })
    : new Reviews({ transport: prompt, clock })
  return {
    client: createClient(prompt),
    informers: running.use(
      createInformers({ transport: patient, clock, log, ...(singleNamespace ? { namespace } : {}) }),
    ),
    trust: { reviews, client: createReadingClient(prompt), clock, controllers },
  }
}

interface Door {
  readonly doorkeeper: Doorkeeper
  readonly servesControllers?: boolean
  readonly tls?: ServerIdentity | undefined
}

function restOf(
  { namespace: coreNamespace, singleNamespace: isNamespaced = false }: StoreOptions,
  { client, informers }: Surroundings,
  observations: ObservationStore,
  { tls, ...door }: Door,
): Promise<RestServer> {
  return createRestServer({
    ...{ client, informers, observations, clock, version: VERSION, algorithms: algorithmEntries(), log },
    ...{ ...door, katibUi: { coreNamespace, isNamespaced } },
    ...(tls === undefined ? {} : { tls }),
  })
}

/** REST once more, in plaintext, for who comes through the gateway. Resolves with its address. */
async function uiOf(
  options: StoreOptions,
  surroundings: Surroundings,
  observations: ObservationStore,
  running: AsyncDisposableStack,
): Promise<string | undefined> {
  const { uiPort, host } = options
  if (uiPort === undefined) return undefined
  const { reviews } = surroundings.trust
  const doorkeeper = uiDoorkeeper(options, { host, reviews, env: process.env })
  const ui = running.use(await restOf(options, surroundings, observations, { doorkeeper }))
  return (await listening('--ui-port', uiPort, () => ui.listen({ host, port: uiPort }))).url
}

/** Resolves with its address. */
async function grpcOf(
  { host, grpcPort }: StoreOptions,
  { client, informers, trust }: Surroundings,
  observations: ObservationStore,
  running: AsyncDisposableStack,
): Promise<string | undefined> {
  if (grpcPort === undefined) return undefined
  const notes = trialNotes(client, clock)
  const recordEarlyStop = async (trial: Trial) => void (await notes.stoppedEarly(trial))
  const wire = running.use(await openKatibWire({ informers, observations, cluster: trust, recordEarlyStop, log }))
  return (await listening('--grpc-port', grpcPort, () => wire.listen(grpcPort, host))).address
}
