/** All that the trial reconciler looks at: caches, and the store's summary once the job has ended or is being stopped. */
import { EXPERIMENT_LABEL, type Resource } from '#api'
import { kindOf, runStatus } from '#kinds'
import { type Clock, type ReadingClient, wordsOf } from '#kube'
import type { ObservationStore, ObservationSummary } from '#store'
import { filledIn } from '../admission/filled-in.ts'
import { type Caches, jobTypeOf, keyOf, suggestionOf } from '../caches.ts'
import type { TrialGuard } from '../trial-guard.ts'
import { isTerminal } from '../trial-state.ts'
import { asksForCheckpoint, checkpointSentence } from './checkpoint.ts'
import { collectorWords } from './collector-words.ts'
import { deadlinesOf, PATIENCE_MS, sinceCondition } from './deadlines.ts'
import { type Curves, earlyStop } from './early-stop.ts'
import { isObserved } from './outcome.ts'
import type { OverdueTrials } from './overdue.ts'
import { waitingBecause, waitingUnsaid, waitsForSlot } from './pod-waiting.ts'
import { PODLESS_MS, type RefusedPods } from './refused-pods.ts'
import { isStopping } from './stop.ts'
import { owingMetricsMs, printedObjective, reportsFinal } from './unreported.ts'
import type { TrialWorld } from './world.ts'

/** What a trial is read from. */
export interface TrialSources {
  readonly caches: Caches
  readonly observations: ObservationStore
  readonly curves: Curves
  readonly client: ReadingClient
  readonly clock: Clock
  readonly overdue: OverdueTrials
  readonly guard?: TrialGuard
  readonly refusedPods: RefusedPods
}

/** Undefined: it is gone, or whether its job exists is not known yet; then all trials of that kind are looked at once it is. */
export async function readTrial(
  key: string,
  sources: TrialSources,
  signal: AbortSignal,
): Promise<TrialWorld | undefined> {
  const world = await look(key, sources, signal)
  const deadlineGraceMs = world && sources.overdue.graceMs(world)
  if (!world || deadlineGraceMs === undefined) return world
  if (deadlineGraceMs > 0) return { ...world, deadlineGraceMs }
  return (await isOld(world, sources, signal)) ? look(key, sources, signal) : world
}

async function look(
  key: string,
  { caches, observations, curves, client, clock, guard, refusedPods }: TrialSources,
  signal: AbortSignal,
): Promise<TrialWorld | undefined> {
  const [namespace, name] = key.split('/')
  const self = caches.trials.get(namespace, name)
  if (!self) return undefined
  const type = jobTypeOf(self)
  const jobs = type && caches.jobs(type)
  if (jobs && !jobs.hasSynced) return undefined
  const owner = self.metadata.labels?.[EXPERIMENT_LABEL] ?? ''
  const stored = caches.experiments.get(namespace, owner)
  const experiment = stored && filledIn(stored)
  const isOwner = self.metadata.ownerReferences?.some(reference => reference.uid === experiment?.metadata.uid)
  const world = {
    self,
    experiment: isOwner ? experiment : undefined,
    suggestion: isOwner && experiment ? suggestionOf(caches, experiment).suggestion : undefined,
    job: jobs?.get(namespace, name),
  }
  const { summary, storeAway } = await summaryOf(world, observations)
  if (storeAway !== undefined) return { ...world, summary, storeAway }
  return {
    ...world,
    ...(await waitingOf(world, { caches, refusedPods }, clock.now(), signal)),
    ...(await checkpointOf(world, caches, signal)),
    ...(await stopEarlyOf(world, caches, curves)),
    ...(await printedOf(world, summary, client)),
    ...(await lastWordsOf({ ...world, summary }, caches, clock.now(), signal)),
    ...(await refusalOf(world, guard)),
    summary,
  }
}

/** What is seen here may be old: the job as the server has it now. True: it is another than was seen. */
async function isOld(
  { self, job }: TrialWorld,
  { caches, client }: TrialSources,
  signal: AbortSignal,
): Promise<boolean> {
  const type = jobTypeOf(self)
  if (!type) return false
  const { namespace, name } = self.metadata
  const present = await client.get<Resource>({ ...type, namespace, name }, signal)
  if (!present || present.metadata.resourceVersion === job?.metadata.resourceVersion) return false
  caches.jobs(type).offer(present)
  return true
}

/** Whoever may create Trials may have written this one. */
async function refusalOf({ self, experiment, job }: Omit<TrialWorld, 'summary'>, guard: TrialGuard | undefined) {
  const kind = jobTypeOf(self)
  if (!guard || !experiment || !kind || job || isTerminal(self)) return {}
  const refusal = await guard.refusal(experiment, kind)
  return refusal === undefined ? {} : { refusal }
}

/** Looked for once, when the trial is about to end without its objective. */
async function printedOf(
  { self, job }: Pick<TrialWorld, 'self' | 'job'>,
  summary: ObservationSummary | undefined,
  client: ReadingClient,
) {
  if (!job || isTerminal(self) || isObserved(self.spec.objective, summary)) return {}
  const run = runStatus(job, self.spec.successCondition ?? '', self.spec.failureCondition ?? '')
  if (run.is !== 'succeeded' || (reportsFinal(self) && !summary?.final)) return {}
  const printed = await printedObjective(client, self)
  return printed === undefined ? {} : { printed }
}

/** A native sidecar does not outlive the grace of its pod, nor does what waits in its spool. */
async function lastWordsOf(
  { self, job, summary }: Pick<TrialWorld, 'self' | 'job' | 'summary'>,
  caches: Caches,
  now: Date,
  signal: AbortSignal,
): Promise<Pick<TrialWorld, 'lastWords'>> {
  if (!job || isTerminal(self) || summary?.final || owingMetricsMs(self, now) < PATIENCE_MS) return {}
  const informer = caches.pods()
  await informer.synced(signal)
  const lastWords = collectorWords(informer.byIndex('trial', keyOf(self)))
  return lastWords === undefined ? {} : { lastWords }
}

async function summaryOf(
  { self, job }: Pick<TrialWorld, 'self' | 'job'>,
  observations: ObservationStore,
): Promise<Pick<TrialWorld, 'summary' | 'storeAway'>> {
  const { uid } = self.metadata
  if (!job || isTerminal(self) || uid === undefined) return { summary: undefined }
  const isStopping = self.status?.conditions?.some(({ type, reason }) => type === 'Running' && reason === 'Stopping')
  const run = runStatus(job, self.spec.successCondition ?? '', self.spec.failureCondition ?? '')
  if (!isStopping && run.is !== 'succeeded' && run.is !== 'failed') return { summary: undefined }
  try {
    return { summary: await observations.summary(uid) }
  } catch (error) {
    return { summary: undefined, storeAway: wordsOf(error) }
  }
}

/** Asked once it has waited for a while, and always before its deadline, which names the reason and spares who waits for a slot. */
async function waitingOf(
  { self, experiment, job }: Pick<TrialWorld, 'self' | 'experiment' | 'job'>,
  { caches, refusedPods }: Pick<TrialSources, 'caches' | 'refusedPods'>,
  now: Date,
  signal: AbortSignal,
) {
  if (!job || isTerminal(self)) return {}
  const { pendingMs } = deadlinesOf(experiment)
  const waitedMs = sinceCondition(self, 'Running', now)
  if (waitedMs < Math.min(PATIENCE_MS, pendingMs)) return {}
  // One that has ended waits for nothing, however long its end has waited to be looked at.
  if (runStatus(job, self.spec.successCondition ?? '', self.spec.failureCondition ?? '').is !== 'pending') return {}
  const informer = caches.pods()
  await informer.synced(signal)
  const pods = informer.byIndex('trial', keyOf(self))
  const isPodless = pods.length === 0 && waitedMs >= Math.min(PODLESS_MS, pendingMs)
  const refused = isPodless ? await refusedPods.because(job, signal) : undefined
  const because = refused ?? waitingBecause(pods) ?? (waitedMs < pendingMs ? undefined : waitingUnsaid(pods))
  return { ...(because === undefined ? {} : { waitingBecause: because }), waitsForSlot: waitsForSlot(pods) }
}

async function checkpointOf({ self, job }: Pick<TrialWorld, 'self' | 'job'>, caches: Caches, signal: AbortSignal) {
  if (!job || !asksForCheckpoint(self)) return {}
  const informer = caches.pods()
  await informer.synced(signal)
  const checkpoint = checkpointSentence(informer.byIndex('trial', keyOf(self)))
  return checkpoint === undefined ? {} : { checkpoint }
}

async function stopEarlyOf(
  { self, experiment, job }: Pick<TrialWorld, 'self' | 'experiment' | 'job'>,
  caches: Caches,
  curves: Curves,
) {
  if (!experiment?.spec.earlyStopping || !job || isTerminal(self) || isStopping(self) || !kindOf(job).isRunning(job))
    return {}
  const decision = await earlyStop(self, experiment, caches.roster.of(experiment.metadata.uid), curves)
  return decision.stop ? { stopEarly: decision.reason } : {}
}
