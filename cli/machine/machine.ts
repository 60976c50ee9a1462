/** One machine: objects, controllers, runner, ingest thread and REST, assembled; the server's whole life. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { API_VERSION, COLLECTOR_IMAGE, TRIAL_LABEL, TRIAL_UID_ANNOTATION, type Trial } from '#api'
import {
  type AdmissionKnowledge,
  type Controllers,
  createSuggestPool,
  startControllers,
  sweepObservations,
  type TrialKind,
} from '#controller'
import { createClient, delay, systemClock } from '#kube'
import { createRestServer, localDoorkeeper } from '#server'
import {
  builtInImageFolders,
  certificates,
  type Kubelet,
  type PodLogs,
  startJobController,
  startKubelet,
  startStarter,
  writeKubeconfig,
} from '#standalone'
import { algorithmEntries } from '../algorithm-entries.ts'
import { type ForeignServices, serviceEndpoints, withForeignAlgorithms } from '../foreign-algorithms.ts'
import { knowledgeOf, knowledgeWith } from '../knowledge.ts'
import { listening } from '../listening.ts'
import { SPOKEN } from '../output/api-warning.ts'
import type { BackEnd } from '../place/back-end.ts'
import { VERSION } from '../version.ts'
import type { MachineData } from './data.ts'
import { markStopped } from './early-stop-mark.ts'
import { imageFolders, keptTrials, type MachineFlags, trialVariables } from './flags.ts'
import { startIngest } from './ingest.ts'
import { KatibGrpc } from './katib-grpc.ts'
import { LogTails } from './log-tails.ts'
import { type Objects, openObjects } from './objects.ts'
import { removeOrphanedDirectories } from './orphaned-directories.ts'
import { ReportTimes } from './report-times.ts'
import { tokenOf } from './token.ts'
import { followPushed, trialAccess } from './trial-access.ts'
import { diskWarning, keepTrialDirectories } from './trial-directories.ts'
import { TrialReports } from './trial-reports.ts'

export interface MachineOptions extends MachineFlags {
  /** 0: any free one. */
  readonly port: number
  readonly restPort: number
  /** Katib's gRPC services in plaintext; absent: none. */
  readonly grpcPort?: number
  readonly namespace?: string
  /** What trials may be; absent: whatever is served. */
  readonly allowedKinds?: readonly TrialKind[]
}

export interface Machine extends AsyncDisposable {
  readonly kubernetesUrl: string
  readonly restUrl: string
  /** `HOST:PORT` of Katib's gRPC services, where a port was asked for. */
  readonly grpcAddress?: string
  readonly cpus: number
  /** For commands of this very process. */
  backEnd(namespace: string | undefined): BackEnd
  /** Disposing then ends running trials, which otherwise go on and are picked up by the next start. */
  stopTrialsOnClose(): void
}

/** `data` is closed with the machine, or when it does not start. */
export async function startMachine(data: MachineData, options: MachineOptions): Promise<Machine> {
  await using starting = new AsyncDisposableStack()
  const { note } = data
  let kubelet: Kubelet | undefined
  const logs: PodLogs = { read: (pod, how, signal) => (kubelet as Kubelet).read(pod, how, signal) }
  const endpoints = serviceEndpoints('--suggestion-endpoint', 'ALGORITHM', options.suggestionEndpoint)
  const stoppers = serviceEndpoints('--early-stopping-endpoint', 'RULE', options.earlyStoppingEndpoint)
  const foreign = () => ({ algorithms: [...endpoints.keys()], earlyStoppers: [...stoppers.keys()] })
  const { allowedKinds } = options
  const knowledge = allowedKinds ? knowledgeWith(() => allowedKinds, foreign) : knowledgeOf(foreign)
  const objects = starting.use(await openObjects({ data, clock: systemClock, logs, knowledge }))
  const dataDir = objects.directory.path
  const token = tokenOf(dataDir)
  const identity = await certificates(join(dataDir, 'certificates'), new Date())
  const reportTimes = new ReportTimes()
  const rest = starting.use(await restOf(objects, token, reportTimes, note))
  const { url: kubernetesUrl } = await listening('--port', options.port, () =>
    objects.server.listen({ port: options.port, host: '127.0.0.1', tls: identity, token }),
  )
  const { url: restUrl } = await listening('--rest-port', options.restPort, () =>
    rest.listen({ port: options.restPort }),
  )
  const { client, informers, observations } = objects
  const katib = starting.use(new KatibGrpc({ client, clock: systemClock, informers, observations, token, log: note }))
  const grpcAddress = await grpcOf(katib, options.grpcPort)
  const wire = () => katib.wire()
  const reports = options.grpcProxy
    ? starting.use(await TrialReports.open({ dataDir, informers, token, wire, note }))
    : undefined
  await writeKubeconfig(join(dataDir, 'kubeconfig'), {
    server: kubernetesUrl,
    ca: identity.ca,
    token,
    namespace: options.namespace ?? 'default',
  })
  const cpus = options.cpus ?? availableParallelism()
  const runner = await startRunner(objects, { ...options, note, cpus, restUrl, token, reports, reportTimes }, starting)
  kubelet = runner
  const controllers = await startControlling(objects, { endpoints, stoppers, grpcAddress, knowledge, note }, starting)
  starting.use(
    keepTrialDirectories({ dataDir, keep: keptTrials(options.keepTrials), informers: objects.informers, note }),
  )
  starting.use(removeOrphanedDirectories({ dataDir, informers, clock: systemClock, isWhole: data.isWhole, note }))
  const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
  starting.use(sweepObservations({ trials, observations, clock: systemClock, log: note }))
  const warning = await diskWarning(dataDir)
  if (warning) note(warning)
  objects.directory.announce({ kubernetes: kubernetesUrl, rest: restUrl })
  let stopsTrials = false
  const running = starting.move()
  return {
    kubernetesUrl,
    restUrl,
    ...(grpcAddress === undefined ? {} : { grpcAddress }),
    cpus,
    backEnd: namespace => backEndOf(objects, namespace),
    stopTrialsOnClose() {
      stopsTrials = true
    },
    async [Symbol.asyncDispose]() {
      if (stopsTrials) await runner.stopPods(STOP_GRACE_SECONDS)
      // What is decided already is written; the next start then finds nothing to do.
      await Promise.race([controllers.idle(), delay(systemClock, LAST_WRITES_MS)])
      await running.disposeAsync()
    },
  }
}

const LAST_WRITES_MS = 1_000
/** What trials get to write a checkpoint when the machine is asked to stop them. */
const STOP_GRACE_SECONDS = 5

function restOf(objects: Objects, token: string, reportTimes: ReportTimes, log: (line: string) => void) {
  const { client, informers, observations } = objects
  return createRestServer({
    client,
    informers,
    observations,
    katibUi: { coreNamespace: 'kubeflow' },
    doorkeeper: localDoorkeeper(token),
    clock: systemClock,
    version: VERSION,
    algorithms: algorithmEntries(),
    apiRequests: () => objects.server.requests.counts(),
    reportTimes: () => reportTimes.read(),
    log,
  })
}

async function grpcOf(katib: KatibGrpc, port: number | undefined): Promise<string | undefined> {
  if (port === undefined) return undefined
  const wire = await katib.wire()
  return (await listening('--grpc-port', port, () => wire.listen(port))).address
}

async function startRunner(
  objects: Objects,
  options: MachineOptions & {
    note(text: string): void
    cpus: number
    restUrl: string
    token: string
    reports: TrialReports | undefined
    reportTimes: ReportTimes
  },
  starting: AsyncDisposableStack,
): Promise<Kubelet> {
  const { note, cpus, gpus } = options
  const transport = objects.server.transport('runner')
  const { memory: reportTimes } = options.reportTimes
  const onStopRules = (trialUid: string) => markStopped(objects, trialUid)
  const ingest = starting.use(
    startIngest({ database: objects.database, reportTimes, onStopRules }, error =>
      note(`metrics are not read any more: ${error.message}; start the server again`),
    ),
  )
  const starter = starting.use(startStarter({ log: note }))
  const tails = starting.use(new LogTails({ observations: objects.observations, clock: systemClock, note }))
  const { informers } = objects
  const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
  starting.use(startJobController({ transport, informers, clock: systemClock, log: note }))
  return starting.use(
    startKubelet({
      transport,
      informers,
      clock: systemClock,
      starter,
      dataDir: objects.directory.path,
      builtIns: { [COLLECTOR_IMAGE]: ingest.image },
      images: { ...builtInImageFolders(), ...imageFolders(options.image) },
      slots: { cpus, gpus: gpuNames(gpus) },
      environment: process.env,
      env: trialVariables(options.env),
      variablesOf: async (pod, directory, environment) => {
        const ca = join(objects.directory.path, 'certificates', 'ca.crt')
        const access = await trialAccess(pod, directory, { url: options.restUrl, token: options.token, ca })
        const variables = { ...access, ...environment }
        return options.reports?.variables(pod, variables) ?? variables
      },
      beside: (pod, directory, ended) => followPushed(pod, directory, { ingest, informers, note }, ended),
      log: note,
      onLogTail: async ({ pod, container, text }) => {
        await trials.synced()
        const trial = trials.get(pod.metadata.namespace, pod.metadata.labels?.[TRIAL_LABEL] ?? '')
        const uid = pod.metadata.annotations?.[TRIAL_UID_ANNOTATION]
        if (trial && trial.metadata.uid === uid) tails.ended(pod, container, trial, text)
      },
    }),
  )
}

interface Controlling {
  /** Of services that search, by algorithm. */
  readonly endpoints: ReadonlyMap<string, string>
  /** Of services that stop trials, by rule; they read metrics at `grpcAddress`. */
  readonly stoppers: ReadonlyMap<string, string>
  readonly grpcAddress: string | undefined
  readonly knowledge: AdmissionKnowledge
  note(text: string): void
}

async function startControlling(
  objects: Objects,
  { endpoints, stoppers, grpcAddress = '', knowledge, note }: Controlling,
  starting: AsyncDisposableStack,
): Promise<Controllers> {
  const transport = objects.server.transport('controller')
  const builtIn = createSuggestPool({ onTrouble: (_, message) => note(message) })
  const foreign: ForeignServices = {
    algorithm: ({ algorithm }) => endpoints.get(algorithm.algorithmName),
    stopping(ask) {
      const address = stoppers.get(ask.foreign?.earlyStopping?.algorithmName ?? '')
      return address === undefined ? undefined : { address, dbManagerAddress: grpcAddress }
    },
  }
  const pool = starting.use(withForeignAlgorithms(builtIn, foreign, systemClock))
  const { informers, observations } = objects
  return starting.use(
    await startControllers({ transport, informers, observations, pool, knowledge, clock: systemClock, log: note }),
  )
}

/** As CUDA numbers them. */
const gpuNames = (count = 0) => Array.from({ length: count }, (_, i) => String(i))

function backEndOf(objects: Objects, namespace = 'default'): BackEnd {
  return {
    transport: objects.transport,
    client: createClient(objects.transport, SPOKEN),
    informers: objects.informers,
    namespace,
    name: objects.directory.path,
    served: 'yes',
    logTail: trial => objects.observations.logTail(trial.metadata.uid ?? ''),
    remindUnserved: () => {},
    // The machine owns them.
    async [Symbol.asyncDispose]() {},
  }
}
