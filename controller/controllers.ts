/** Watches, queues, and the three reconcilers over them. */
import { ApiError, controllerOf, EXPERIMENT_LABEL, type Resource, type Trial } from '#api'
import {
  aborted,
  type Clock,
  createReadingClient,
  createWorkQueue,
  type Informers,
  type Transport,
  type WorkQueue,
} from '#kube'
import type { ObservationStore } from '#store'
import { createActor } from './act.ts'
import type { PodEquipment } from './admission/equip-pods.ts'
import type { AdmissionKnowledge } from './admission/knowledge.ts'
import { type Caches, cachesOf, informerOf, jobTypeOf, keyOf } from './caches.ts'
import { plan as planExperiment } from './experiment/plan.ts'
import { readExperiment } from './experiment/read.ts'
import { Pace } from './pace.ts'
import type { Plan } from './reconciler.ts'
import { Asker } from './suggestion/asker.ts'
import { claimHeldBy, claimRefusedBy } from './suggestion/checkpoint-claim.ts'
import type { ForeignService } from './suggestion/foreign-service.ts'
import { plan as planSuggestion } from './suggestion/plan.ts'
import type { SuggestPool } from './suggestion/pool-ask.ts'
import { readSuggestion } from './suggestion/read.ts'
import type { SuggestionWorld } from './suggestion/world.ts'
import { Curves } from './trial/early-stop.ts'
import { OverdueTrials } from './trial/overdue.ts'
import { plan as planTrial } from './trial/plan.ts'
import { readTrial } from './trial/read.ts'
import { RefusedJobs } from './trial/refused-jobs.ts'
import { RefusedPods } from './trial/refused-pods.ts'
import type { TrialGuard } from './trial-guard.ts'
import { experimentKey } from './trial-state.ts'
import { takenSentence } from './trouble.ts'

export interface ControllersOptions {
  readonly transport: Transport
  /** The process's shared set. */
  readonly informers: Informers
  readonly observations: ObservationStore
  readonly pool: SuggestPool
  readonly knowledge: AdmissionKnowledge
  readonly clock: Clock
  /** Absent: trials may be of every kind. */
  readonly guard?: TrialGuard
  /** Of a cluster, as it is now: what pods of trials get besides. */
  equipment?(): Promise<PodEquipment>
  /** What an administrator says of the claim that checkpoints of an algorithm are kept on. */
  claimSpec?(algorithmName: string): Readonly<Record<string, unknown>> | undefined
  /** What an administrator says of an algorithm that is not ours, which runs on this cluster; undefined: it does not. */
  foreignService?(algorithmName: string, ruleName: string | undefined): ForeignService | undefined
  log(line: string): void
}

export interface Controllers extends AsyncDisposable {
  /** Nothing waits or runs (delayed work does not count). */
  idle(): Promise<void>
}

const CONCURRENCY = 32
/** Somebody else's object may go away; nobody tells us when. */
const NAME_TAKEN_MS = 30_000

export async function startControllers(options: ControllersOptions): Promise<Controllers> {
  const { informers, observations, clock, guard, log } = options
  const closing = new AbortController()
  const caches = cachesOf(informers)
  const curves = new Curves(observations)
  const client = createReadingClient(options.transport)
  const asker = new Asker(options.pool, clock)
  const actor = createActor({ transport: options.transport, clock, log, informerOf: type => informerOf(caches, type) })
  const statusWrittenMs = new Map<string, number>()
  /** Met when a Trial's job was to be created; by the Trial's key, until that is looked at again. */
  const holders = new Map<string, Resource>()

  async function carryOut<T extends Resource>(
    key: string,
    queue: WorkQueue,
    self: T,
    plan: Plan<T>,
    signal: AbortSignal,
  ): Promise<Resource | undefined> {
    // A plan of T is a plan of some resource: `act` reads only what all have.
    const { holder } = await actor.act(self, plan as Plan<Resource>, signal)
    if (holder) log(`${self.kind} ${key}: ${takenSentence(holder)}`)
    const requeueAfterMs = holder ? NAME_TAKEN_MS : plan.requeueAfterMs
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs)
    return holder
  }
  // A cache that is still being filled looks like a world without trials: nobody decides on it.
  const synced = Promise.all([caches.experiments.synced(), caches.suggestions.synced(), caches.trials.synced()])
  let isSynced = false
  void synced.then(
    () => {
      isSynced = true
    },
    // The caches were closed before; then nobody works any more.
    () => {},
  )
  const queueFor = (kind: string, work: (key: string, signal: AbortSignal) => Promise<void>) =>
    createWorkQueue({
      clock,
      concurrency: CONCURRENCY,
      async work(key, signal) {
        // Closing never waits for a server that is away.
        if (!isSynced) await Promise.race([synced, aborted(signal)])
        await work(key, signal)
      },
      onError: (key, error, retryInMs) => {
        if (!isConflict(error)) log(`${kind} ${key}: ${(error as Error).message}; again in ${Math.round(retryInMs)} ms`)
      },
    })

  const experiments: WorkQueue = queueFor('experiment', async (key, signal) => {
    const world = await readExperiment(
      caches,
      key,
      options.knowledge,
      clock.monotonicMs() - (statusWrittenMs.get(key) ?? Number.NEGATIVE_INFINITY),
      guard,
    )
    if (!world) return
    if (world.template) watchTemplates()
    const plan = planExperiment(world, clock.now())
    const holder = await carryOut(key, experiments, world.self, plan, signal)
    if (holder) {
      // Its Suggestion gives a Trial another name as soon as it knows.
      informerOf(caches, holder)?.offer(holder)
      suggestions.add(key)
    }
    if (plan.status) statusWrittenMs.set(key, clock.monotonicMs())
  })
  const suggestions: WorkQueue = queueFor('suggestion', async (key, signal) => {
    const world = readSuggestion(caches, key, asker, () => suggestions.add(key), options.foreignService)
    if (!world) return
    if (world.service) watchServices()
    const claimSpec = options.claimSpec?.(world.self.spec.algorithm?.algorithmName ?? '')
    const seen = claimSpec ? { ...world, claimSpec } : world
    const act = (of: SuggestionWorld) => carryOut(key, suggestions, of.self, planSuggestion(of, clock.now()), signal)
    const holder = await act(seen).catch(error => {
      const claim = claimRefusedBy(seen, error)
      if (claim) return act({ ...seen, claim })
      if (!world.service || !isForbidden(error)) throw error
      return act({ ...seen, service: { ...world.service, refusal: error.message } })
    })
    const claim = claimHeldBy(holder)
    if (claim) await act({ ...seen, claim })
  })
  const overdue = new OverdueTrials(clock)
  const refusedPods = new RefusedPods(client, clock)
  const refusedJobs = new RefusedJobs()
  const sources = { caches, observations, curves, client, clock, overdue, refusedPods, ...(guard ? { guard } : {}) }
  const trials: WorkQueue = queueFor('trial', async (key, signal) => {
    const world = await readTrial(key, sources, signal)
    if (!world) return
    const met = holders.get(key)
    holders.delete(key)
    // Also where carrying out the plan fails, as it does for a kind that nobody serves.
    if (world.deadlineGraceMs !== undefined) trials.addAfter(key, world.deadlineGraceMs)
    const equipment = world.job ? undefined : await options.equipment?.()
    const job = world.job ?? met
    const seen = { ...world, ...refusedJobs.of(world), ...(job ? { job } : {}), ...(equipment ? { equipment } : {}) }
    const plan = planTrial(seen, clock.now())
    const holder = await refusedJobs.heard(world, carryOut(key, trials, world.self, plan, signal))
    if (!holder) return
    holders.set(key, holder)
    trials.add(key)
  })

  const wakeOwner = (key: string) => {
    experiments.add(key)
    suggestions.add(key)
  }
  caches.experiments.onChange(({ type, object }) => {
    const key = keyOf(object)
    wakeOwner(key)
    for (const trial of caches.roster.of(object.metadata.uid).unsettled()) trials.add(keyOf(trial))
    if (type === 'deleted') {
      statusWrittenMs.delete(key)
      asker.forget(object.metadata.uid ?? '')
    }
  })
  caches.suggestions.onChange(({ object }) => {
    const key = keyOf(object)
    wakeOwner(key)
    for (const trial of caches.roster.of(controllerOf(object)?.uid).leaving) trials.add(keyOf(trial))
  })
  let watchesTemplates = false
  const watchTemplates = () => {
    if (watchesTemplates) return
    watchesTemplates = true
    caches.configMaps().onChange(({ object }) => {
      for (const experiment of caches.experiments.list()) {
        const { configMapName, configMapNamespace } = experiment.spec.trialTemplate?.configMap ?? {}
        if (`${configMapNamespace}/${configMapName}` === keyOf(object)) experiments.add(keyOf(experiment))
      }
    })
  }
  let watchesServices = false
  const watchServices = () => {
    if (watchesServices) return
    watchesServices = true
    const deployments = caches.deployments()
    const wake = (deployment: Resource) => {
      const owner = controllerOf(deployment)
      if (owner?.kind === 'Suggestion') suggestions.add(`${deployment.metadata.namespace}/${owner.name}`)
    }
    deployments.onChange(({ object }) => wake(object))
    for (const deployment of deployments.list()) wake(deployment)
  }
  const watchedJobs = new Set<string>()
  const watchJobs = (trial: Trial) => {
    const type = jobTypeOf(trial)
    if (!type || watchedJobs.has(`${type.apiVersion}/${type.kind}`)) return
    watchedJobs.add(`${type.apiVersion}/${type.kind}`)
    const jobs = caches.jobs(type)
    jobs.onChange(({ object }) => {
      if (controllerOf(object)?.kind === 'Trial') trials.add(keyOf(object))
    })
    void jobs.synced(closing.signal).then(
      () => {
        for (const other of caches.trials.list()) if (jobTypeOf(other)?.kind === type.kind) trials.add(keyOf(other))
      },
      () => {},
    )
  }
  caches.trials.onChange(({ type, object }) => {
    watchJobs(object)
    trials.add(keyOf(object))
    if (type === 'deleted') {
      curves.forget(object.metadata.uid ?? '')
      overdue.forget(object)
      refusedJobs.forget(object)
    }
    for (const key of experimentKey(object)) wakeOwner(key)
  })
  void wakeByObservations(observations, caches, trials, clock, closing.signal, log)
  await synced
  // Others of the process share the caches and may have filled them before: of what came by then nobody here was told.
  for (const trial of caches.trials.list()) {
    watchJobs(trial)
    trials.add(keyOf(trial))
  }
  for (const experiment of caches.experiments.list()) wakeOwner(keyOf(experiment))
  return {
    async idle() {
      while (experiments.depth + suggestions.depth + trials.depth > 0)
        await Promise.all([experiments.idle(), suggestions.idle(), trials.idle()])
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the controllers are closed'))
      await Promise.all([experiments, suggestions, trials].map(queue => queue[Symbol.asyncDispose]()))
      actor[Symbol.dispose]()
    },
  }
}

async function wakeByObservations(
  observations: ObservationStore,
  caches: Caches,
  trials: WorkQueue,
  clock: Clock,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  using judged = new Pace(clock, EARLY_STOP_MS, key => trials.add(key))
  try {
    for await (const { trialUid, final } of observations.changes(signal)) {
      for (const trial of caches.trials.byIndex('uid', trialUid)) {
        if (final) trials.add(keyOf(trial))
        else if (
          caches.experiments.get(trial.metadata.namespace, trial.metadata.labels?.[EXPERIMENT_LABEL] ?? '')?.spec
            .earlyStopping
        ) {
          judged.ask(keyOf(trial))
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) log(`observations wake nobody any more: ${(error as Error).message}`)
  }
}

/** A trial that reports often is judged at most so often. */
const EARLY_STOP_MS = 250

const isForbidden = (error: unknown): error is ApiError => error instanceof ApiError && error.code === 403
const isConflict = (error: unknown) => (error as { code?: number }).code === 409
