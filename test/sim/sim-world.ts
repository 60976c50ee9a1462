/** A world in one process and in virtual time: the embedded API in memory, simulated jobs, and controllers that may die. */
import { customResourceDefinitions, type Experiment, type Resource, type Trial } from '#api'
import {
  type AdmissionKnowledge,
  admitExperiment,
  builtInKnowledge,
  createInProcessAsk,
  type SuggestPool,
  startControllers,
} from '#controller'
import { createClient, createInformers, type Transport, type WritingClient } from '#kube'
import { createApiServer } from '#standalone'
import {
  createMemoryObservationStore,
  createMemoryResourceStore,
  type ObservationStore,
  type ResourceStore,
} from '#store'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { aLife, type Fault, type Life, type RequestCounter } from './fault-transport.ts'
import { recordHistory } from './history.ts'
import { type Invariants, watchInvariants } from './invariants.ts'
import { sfc32 } from './sample.ts'
import { type MachineRecord, type SimulatedEnd, startSimulatedJobs } from './simulated-jobs.ts'
import { type ViewFault, withWatchFault } from './watch-faults.ts'

export interface SimWorldOptions {
  endOf?(job: Resource, order: number): SimulatedEnd
  readonly faults?: readonly Fault[]
  /** Of the view of the first controller; the others see well. */
  readonly view?: ViewFault
  /** Of all chance in this world. */
  readonly seed?: number
  /** Controllers that work at the same time, each taking itself for the leader; default 1. */
  readonly controllers?: number
  readonly pool?: SuggestPool
  readonly plant?: Plant
}

/** Mistakes that are made on purpose, at the ports of the controllers. */
export interface Plant {
  transport?(transport: Transport): Transport
  observations?(observations: ObservationStore): ObservationStore
  pool?(pool: SuggestPool): SuggestPool
  /** In the code itself, until it is disposed. */
  patch?(): Disposable
}

export interface SimWorld extends AsyncDisposable {
  readonly clock: FakeClock
  /** The user's; its writes are never faulty. */
  readonly user: WritingClient
  readonly observations: ObservationStore
  readonly invariants: Invariants
  readonly requests: RequestCounter
  readonly lines: readonly string[]
  experiment(): Promise<Experiment | undefined>
  trials(): Promise<readonly Trial[]>
  /** Lets time pass until `reached`, at most so long; a dead controller is followed by the next one. */
  run(reached: () => Promise<boolean>, maxMs?: number): Promise<void>
  /** Lets so much time pass; a dead controller is followed by the next one. */
  pass(ms: number): Promise<void>
  /** Everything that can happen without time passing has happened. */
  settle(): Promise<void>
  /** Ends the controllers and starts one that sees well and meets no fault. */
  restart(): Promise<void>
}

export const REF = { apiVersion: 'kubeflow.org/v1beta1', kind: 'Experiment', namespace: 'lab', name: 'tune' }
/** Requests, and timers, without any time passing. */
const MAX_AT_ONCE = 5_000
const definitions = customResourceDefinitions()
const knowledge: AdmissionKnowledge = builtInKnowledge({
  collectors: ['StdOut', 'File', 'Push', 'None'],
  earlyStoppers: ['medianstop'],
})

export async function createSimWorld(options: SimWorldOptions = {}): Promise<SimWorld> {
  const { endOf = (_, order) => ({ afterMs: 1_000, losses: [String(1 / (order + 1))] }), plant = {} } = options
  const clock = createFakeClock()
  const history = recordHistory()
  const machine: MachineRecord = { reported: new Map(), running: new Set() }
  const invariants = watchInvariants(machine)
  const requests: RequestCounter = { count: 0, kept: [] }
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const kept = createMemoryObservationStore({ now: clock.now })
  const observations = plant.observations?.(kept) ?? kept
  const server = await createApiServer({
    resources: observed(createMemoryResourceStore(), [invariants, history]),
    admit: { Experiment: request => admitExperiment(request, request.get, knowledge) },
    crds: definitions,
    clock,
    logs: { async *read() {} },
    log,
  })
  const transport = server.transport('machine')
  const jobs = startSimulatedJobs({ transport, clock, observations, record: machine, endOf })
  const user = createClient(server.transport('user'))
  await user.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: REF.namespace } })
  const patched = plant.patch?.()
  const random = sfc32(options.seed ?? 1)
  let lives = await Promise.all(Array.from({ length: options.controllers ?? 1 }, (_, i) => begin(i === 0)))

  async function begin(isFirst: boolean): Promise<Life> {
    const life = aLife(server.transport('controllers'), clock, requests, options.faults ?? [])
    await startIn(life, isFirst ? options.view : undefined)
    return life
  }

  async function startIn(life: Life, view: ViewFault | undefined): Promise<void> {
    const { clock: time } = life
    const seen = view ? withWatchFault(life.transport, { is: view, clock: time, history, random }) : life.transport
    const transport = plant.transport?.(seen) ?? seen
    const informers = createInformers({ transport, clock: time, random: () => 0.5, log })
    const search = options.pool ?? createInProcessAsk()
    const pool = plant.pool?.(search) ?? search
    void startControllers({ transport, informers, observations, pool, knowledge, clock: time, log })
    await settle()
  }

  async function settle(): Promise<void> {
    const before = requests.count
    for (let quiet = 0, seen = -1; quiet < 6; quiet++) {
      if (requests.count !== seen) quiet = 0
      seen = requests.count
      if (seen - before > MAX_AT_ONCE) throw new Error(`a tight loop: ${requests.kept.slice(-4).join(', ')}`)
      await clock.flush()
    }
  }

  async function run(reached: () => Promise<boolean>, maxMs = 3_600_000): Promise<void> {
    const end = clock.monotonicMs() + maxMs
    let timers = 0
    let instant = -1
    for (;;) {
      await settle()
      timers = clock.monotonicMs() === instant ? timers + 1 : 0
      instant = clock.monotonicMs()
      if (timers > MAX_AT_ONCE) throw new Error('a tight loop: timers run, and no time passes')
      lives = await Promise.all(lives.map((life, i) => (life.isOver ? begin(i === 0) : life)))
      if (await reached()) return
      if (clock.monotonicMs() > end) throw new Error(`${maxMs} ms passed\n${lines.slice(-20).join('\n')}`)
      if (!(await clock.runNext())) throw new Error('nothing is left that could happen')
    }
  }

  return {
    clock,
    user,
    observations,
    invariants,
    requests,
    lines,
    settle,
    experiment: () => user.get<Experiment>(REF),
    trials: async () => [...invariants.trials.values()],
    run,
    async pass(ms) {
      const end = clock.monotonicMs() + ms
      const timer = clock.after(ms, () => {})
      await run(async () => clock.monotonicMs() >= end, ms + 1).finally(() => timer[Symbol.dispose]())
      await settle()
    },
    async restart() {
      for (const life of lives) life.end()
      lives = [aLife(server.transport('controllers'), clock, requests, [])]
      await startIn(lives[0], undefined)
    },
    async [Symbol.asyncDispose]() {
      for (const life of lives) life.end()
      await jobs[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      patched?.[Symbol.dispose]()
    },
  }
}

interface Watcher {
  written(resource: Resource): void
  deleted(resource: Resource): void
}

function observed(store: ResourceStore, watchers: readonly Watcher[]): ResourceStore {
  return {
    get: ref => store.get(ref),
    list: (kind, page) => store.list(kind, page),
    watch: (kind, since, signal) => store.watch(kind, since, signal),
    revision: () => store.revision(),
    compact: before => store.compact(before),
    async put(ref, resource, expected) {
      const stored = await store.put(ref, resource, expected)
      for (const watcher of watchers) watcher.written(stored)
      return stored
    },
    async delete(ref, expected) {
      const gone = await store.delete(ref, expected)
      for (const watcher of watchers) watcher.deleted(gone)
      return gone
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
