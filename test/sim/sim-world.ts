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
import { createClient, createInformers, type WritingClient } from '#kube'
import { createApiServer } from '#standalone'
import {
  createMemoryObservationStore,
  createMemoryResourceStore,
  type ObservationStore,
  type ResourceStore,
} from '#store'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { aLife, type Fault, type Life, type RequestCounter } from './fault-transport.ts'
import { type Invariants, watchInvariants } from './invariants.ts'
import { type SimulatedEnd, startSimulatedJobs } from './simulated-jobs.ts'

export interface SimWorldOptions {
  endOf?(job: Resource, order: number): SimulatedEnd
  readonly fault?: Fault
  readonly pool?: SuggestPool
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
  /** Everything that can happen without time passing has happened. */
  settle(): Promise<void>
  /** Ends the controllers and starts others. */
  restart(): Promise<void>
}

export const REF = { apiVersion: 'kubeflow.org/v1beta1', kind: 'Experiment', namespace: 'default', name: 'tune' }
const knowledge: AdmissionKnowledge = builtInKnowledge({
  collectors: ['StdOut', 'File', 'Push', 'None'],
  earlyStoppers: [],
})

export async function createSimWorld(options: SimWorldOptions = {}): Promise<SimWorld> {
  const { endOf = (_, order) => ({ afterMs: 1_000, losses: [String(1 / (order + 1))] }) } = options
  const clock = createFakeClock()
  const invariants = watchInvariants()
  const requests: RequestCounter = { count: 0, kept: [] }
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const observations = createMemoryObservationStore({ now: clock.now })
  const server = await createApiServer({
    resources: observed(createMemoryResourceStore(), invariants),
    admit: { Experiment: request => admitExperiment(request, request.get, knowledge) },
    crds: customResourceDefinitions(),
    clock,
    logs: { async *read() {} },
    log,
  })
  const jobs = startSimulatedJobs({ transport: server.transport('machine'), clock, observations, endOf })
  const user = createClient(server.transport('user'))
  const pool = options.pool ?? createInProcessAsk()
  let life: Life
  await begin()

  async function begin(): Promise<void> {
    life = aLife(server.transport('controllers'), clock, requests, options.fault)
    const { transport, clock: time } = life
    const informers = createInformers({ transport, clock: time, random: () => 0.5, log })
    void startControllers({ transport, informers, observations, pool, knowledge, clock: time, log })
    await settle()
  }

  async function settle(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 6; quiet++) {
      if (requests.count !== seen) quiet = 0
      seen = requests.count
      await clock.flush()
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
    async run(reached, maxMs = 3_600_000) {
      const end = clock.monotonicMs() + maxMs
      for (;;) {
        await settle()
        if (life.isOver) await begin()
        if (await reached()) return
        if (clock.monotonicMs() > end) throw new Error(`${maxMs} ms passed\n${lines.slice(-20).join('\n')}`)
        await clock.runNext()
      }
    },
    async restart() {
      life.end()
      await begin()
    },
    async [Symbol.asyncDispose]() {
      life.end()
      await jobs[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function observed(store: ResourceStore, invariants: Invariants): ResourceStore {
  return {
    get: ref => store.get(ref),
    list: (kind, page) => store.list(kind, page),
    watch: (kind, since, signal) => store.watch(kind, since, signal),
    revision: () => store.revision(),
    compact: before => store.compact(before),
    async put(ref, resource, expected) {
      const stored = await store.put(ref, resource, expected)
      invariants.written(stored)
      return stored
    },
    async delete(ref, expected) {
      const gone = await store.delete(ref, expected)
      invariants.deleted(gone)
      return gone
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
