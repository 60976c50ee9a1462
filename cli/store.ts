/**
 * `qalam store`: the observations of a cluster in Postgres, and REST over them and the cluster's Experiments.
 *
 * Any number may run over one database; none leads. Who asks is told by the cluster (`server/access`).
 */
import type { Trial } from '#api'
import {
  systemClock as clock,
  createClient,
  createInformers,
  createReadingClient,
  type Informers,
  kubeconfigTransport,
  type WritingClient,
} from '#kube'
import {
  type ClusterTrust,
  clusterDoorkeeper,
  createRestServer,
  openKatibWire,
  type RestServer,
  Reviews,
  type ServerIdentity,
  startProbes,
  trialNotes,
} from '#server'
import { type ObservationStore, openObservations, startPostgres } from '#store'
import { algorithmEntries } from './algorithm-entries.ts'
import { directorySource } from './certificate-source.ts'
import { CommandError, EXIT } from './exit.ts'
import { listening } from './listening.ts'
import { awaitCertificate, keepRenewing } from './shown-certificate.ts'
import { VERSION } from './version.ts'

export interface StoreOptions {
  readonly kubeconfig?: string
  readonly data?: string
  readonly host: string
  readonly port: number
  readonly certificates?: string
  readonly healthPort?: number
  /** Plaintext port of Katib's gRPC services; absent: none. */
  readonly grpcPort?: number
  readonly controller: readonly string[]
}

/** What the manifests make. */
const CONTROLLER = 'system:serviceaccount:kubeflow:qalam-controller'

const log = (line: string) => void process.stderr.write(`${line}\n`)

/** Serves until SIGINT or SIGTERM. */
export async function store(options: StoreOptions): Promise<void> {
  const { host, port, certificates, healthPort } = options
  if (certificates === undefined && !/^(127\.|localhost$|::1$)/.test(host))
    throw new CommandError(EXIT.usage, `--host ${host}: tokens are not sent in the clear; give --certificates too`)
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
  const observations = running.use(await observationsIn(options.data, running))
  const source = certificates === undefined ? undefined : directorySource(certificates)
  waitingFor = async () => [`the certificate in ${certificates}`]
  const tls = source && (await awaitCertificate(source, { clock, signal: ending.signal, log }))
  if (ending.signal.aborted) return
  const surroundings = await surroundingsOf(options, running)
  const rest = running.use(await restOf(surroundings, observations, tls))
  waitingFor = async () => {
    const { statusCode, body } = await rest.inject({ url: '/readyz' })
    return statusCode === 200 ? [] : (JSON.parse(body) as { waitingFor: readonly string[] }).waitingFor
  }
  const { url } = await listening('--port', port, () => rest.listen({ host, port }))
  if (source) running.use(keepRenewing(source, { shown: tls?.cert ?? '', renew: next => rest.renew(next), clock, log }))
  const grpc = await grpcOf(options, surroundings, observations, running)
  process.stdout.write(`ready rest=${url}${grpc === undefined ? '' : ` grpc=${grpc}`}\n`)
  await asked
}

async function observationsIn(data: string | undefined, running: AsyncDisposableStack): Promise<ObservationStore> {
  const { DATABASE_URL: databaseUrl } = process.env
  if (databaseUrl) return openObservations({ databaseUrl, log })
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
  const transport = running.use(await kubeconfigTransport(options.kubeconfig))
  const controllers = new Set(options.controller.length > 0 ? options.controller : [CONTROLLER])
  const reviews = new Reviews({ transport, clock })
  return {
    client: createClient(transport),
    informers: running.use(createInformers({ transport, clock, log })),
    trust: { reviews, client: createReadingClient(transport), clock, controllers },
  }
}

function restOf(
  { client, informers, trust }: Surroundings,
  observations: ObservationStore,
  tls: ServerIdentity | undefined,
): Promise<RestServer> {
  return createRestServer({
    ...{ client, informers, observations, clock, version: VERSION, algorithms: algorithmEntries(), log },
    doorkeeper: clusterDoorkeeper(trust),
    servesControllers: true,
    ...(tls === undefined ? {} : { tls }),
  })
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
