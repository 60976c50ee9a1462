/**
 * What a Trial needs next, as a ladder: leaving, ended, no job, foreign job, job ended, stopping, waiting, running.
 * Each rung says in the Trial's condition why it stands there.
 */
import {
  controllerOf,
  controllerReference,
  KATIB_FINALIZERS,
  type Resource,
  type ResourceRef,
  refOf,
  TRIAL_FINALIZER,
  type Trial,
  uselessObjective,
} from '#api'
import { type RunStatus, runStatus } from '#kinds'
import { equipPods } from '../admission/equip-pods.ts'
import { injectCheckpoint } from '../admission/inject-checkpoint.ts'
import { injectCollector } from '../admission/inject-collector.ts'
import { parseRanges } from '../index-ranges.ts'
import type { Plan } from '../reconciler.ts'
import { indexOf, isBeingDeleted, isTerminal } from '../trial-state.ts'
import { isLeftover } from '../trouble.ts'
import { withCheckpoint } from './checkpoint.ts'
import { deadlinesOf, LOOK_AGAIN_MS } from './deadlines.ts'
import { COLLECTOR_ENDED, collectorLate, lossOf } from './incomplete.ts'
import { end, isObserved, marked, outcome, pending } from './outcome.ts'
import { isStoppedByCollector, isStopping, sincePossible, stoppedAgain, stopping, wantsStop } from './stop.ts'
import { summarise } from './summarise.ts'
import { owingMetricsMs, reportsFinal, whyUnreported } from './unreported.ts'
import { isNameTaken, kindRefused, nameTaken } from './without-job.ts'
import type { TrialWorld } from './world.ts'

export function plan(world: TrialWorld, now: Date): Plan<Trial> {
  return withCheckpoint(world, ladder(world, now))
}

function ladder(world: TrialWorld, now: Date): Plan<Trial> {
  const { self, job } = world
  if (isBeingDeleted(self)) return leaving(world)
  if (self.metadata.finalizers?.some(name => KATIB_FINALIZERS.includes(name)))
    return { patch: [withFinalizers(self, name => !KATIB_FINALIZERS.includes(name))] }
  if (isTerminal(self)) return ended(world)
  const isForeign = job !== undefined && !isOurs(job, self)
  const own = isForeign ? { ...world, job: undefined } : world
  const stop = wantsStop(own, now)
  if (isForeign && !stop) return isLeftover(job, self) ? {} : nameTaken(world, job, now)
  if (!own.job || !job) return stop ? stopping(own, stop, now) : start(world, now)
  if (isBeingDeleted(job)) return {}
  if (world.storeAway !== undefined) return unread(self, world.storeAway, now)
  const run = runStatus(job, self.spec.successCondition ?? '', self.spec.failureCondition ?? '')
  if (stop && (isStopping(self) || isStoppedByCollector(self))) return stopping(world, stop, now)
  if (run.is === 'failed' || run.is === 'succeeded') return finish(world, run, now)
  if (stop) return stopping(world, stop, now)
  return run.is === 'pending' ? waiting(world, now) : running(world, now)
}

/** Ours goes when what it guards is written down: a finished index in the Experiment, an unfinished one in the Suggestion. */
function leaving({ self, experiment, suggestion }: TrialWorld): Plan<Trial> {
  if (!self.metadata.finalizers?.some(isKnownFinalizer)) return {}
  const index = indexOf(self)
  const isRemoved = index !== undefined && parseRanges(experiment?.status?.removedTrials).has(index)
  const isBack = suggestion?.status?.suggestions?.some(assignment => assignment.index === index)
  const isNoted = isRemoved || (!isTerminal(self) && isBack)
  const isAlone =
    !experiment || isBeingDeleted(experiment) || !suggestion || isBeingDeleted(suggestion) || index === undefined
  return isNoted || isAlone ? { patch: [withFinalizers(self, name => !isKnownFinalizer(name))] } : {}
}

function ended({ self, job }: TrialWorld): Plan<Trial> {
  if (!job || isBeingDeleted(job) || !isOurs(job, self)) return {}
  if (!self.spec.retainRun) return { delete: [refOf(job)] }
  // Kept, and stopped by us: whoever lets it run again does not know that its Trial has ended.
  return isStopping(self) ? stoppedAgain(self, job) : {}
}

/**
 * The status, then the job in the same breath. In this order no program runs twice: a job goes when its Trial has ended, and
 * whoever looks at an older Trial, without a job and without an end, may not write its status any more.
 */
function start(world: TrialWorld, now: Date): Plan<Trial> {
  const { self, experiment, equipment, refusal, jobRefused } = world
  if (!experiment || isBeingDeleted(experiment)) return {}
  if (refusal !== undefined) return kindRefused(world, refusal, now)
  // Admission and rendering made it an object with apiVersion and kind, named like the Trial.
  const template = self.spec.runSpec as unknown as Resource
  const { algorithm } = experiment.spec
  const injected = injectCollector(injectCheckpoint(template, self, algorithm), self, algorithm?.algorithmName)
  const equipped = equipment ? equipPods(injected, self, equipment) : injected
  const job = { ...equipped, metadata: { ...equipped.metadata, ownerReferences: [controllerReference(self)] } }
  const began =
    jobRefused === undefined ? marked(self, 'TrialRunning', 'Trial is running', now) : pending(self, jobRefused, now)
  const status = isNameTaken(self) ? undefined : began
  return {
    claims: true,
    create: [job],
    status: status ?? self.status,
    events: [{ type: 'Normal', reason: 'JobCreated', message: `Job ${self.metadata.name} has been created` }],
    requeueAfterMs: LOOK_AGAIN_MS,
  }
}

const STORE_AGAIN_MS = 5_000

/** It ends with what it reported, so it does not end before that can be read; its deadline counts from then on. */
function unread(self: Trial, because: string, now: Date): Plan<Trial> {
  const message = `the job has ended and its metrics cannot be read: ${because}`
  const status = isStopping(self) ? undefined : marked(self, 'StoreUnreachable', message, now)
  return { ...(status ? { status } : {}), requeueAfterMs: STORE_AGAIN_MS }
}

/** A collector that has ended tells nobody; its pod is looked at so often. */
const WORDS_MS = 15_000

function finish(world: TrialWorld, run: RunStatus & { is: 'succeeded' | 'failed' }, now: Date): Plan<Trial> {
  const { self, summary, experiment, deadlineGraceMs, lastWords } = world
  if (run.is === 'failed') return end(self, outcome('Failed', run), summary, now)
  if (isObserved(self.spec.objective, summary) && (summary?.final || !reportsFinal(self))) {
    const sentence =
      self.spec.objective && uselessObjective(self.spec.objective, summarise(self.spec.objective, summary))
    const added = { ...run, ...(sentence ? { sentence } : {}), incomplete: lossOf(summary) }
    return end(self, outcome('Succeeded', added), summary, now)
  }
  const { metricsMs } = deadlinesOf(experiment)
  if (!summary?.final && reportsFinal(self)) {
    if (isObserved(self.spec.objective, lastWords))
      return end(self, outcome('Succeeded', { incomplete: COLLECTOR_ENDED }), lastWords, now)
    const leftMs = deadlineGraceMs ?? metricsMs - owingMetricsMs(self, now)
    if (leftMs > 0) {
      const status = marked(self, 'WaitingForMetrics', 'the job has ended and its metrics are not all here yet', now)
      return { ...(status ? { status } : {}), requeueAfterMs: Math.min(leftMs, WORDS_MS) }
    }
    if (isObserved(self.spec.objective, summary)) {
      return end(self, outcome('Succeeded', { incomplete: collectorLate(metricsMs) }), summary, now)
    }
  }
  const sentence = whyUnreported(self, summary, world.printed)
  return end(self, outcome('MetricsUnavailable', { ...run, sentence }), summary, now)
}

/**
 * Created and Running mean that the job exists. One that does not run after some seconds says why, in the cluster's words;
 * the pending deadline counts only while it could have run.
 */
function waiting({ self, job, experiment, waitingBecause, deadlineGraceMs }: TrialWorld, now: Date): Plan<Trial> {
  const status =
    waitingBecause === undefined
      ? marked(self, 'TrialRunning', 'Trial is running', now)
      : pending(self, waitingBecause, now)
  const left = deadlineGraceMs ?? deadlinesOf(experiment).pendingMs - sincePossible(self, job, now)
  // Past its deadline it waits for a slot, for as long as that takes.
  return { ...(status ? { status } : {}), requeueAfterMs: left > 0 ? Math.min(LOOK_AGAIN_MS, left) : LOOK_AGAIN_MS }
}

function running({ self, job, experiment, deadlineGraceMs }: TrialWorld, now: Date): Plan<Trial> {
  const status = marked(self, 'TrialRunning', 'Trial is running', now)
  const { runningMs } = deadlinesOf(experiment)
  const left = deadlineGraceMs ?? runningMs - sincePossible(self, job, now)
  return { ...(status ? { status } : {}), ...(Number.isFinite(left) ? { requeueAfterMs: Math.max(0, left) } : {}) }
}

function isOurs(job: Resource, trial: Trial): boolean {
  return controllerOf(job)?.uid === trial.metadata.uid
}

const isKnownFinalizer = (name: string) => name === TRIAL_FINALIZER || KATIB_FINALIZERS.includes(name)

function withFinalizers(trial: Trial, keep: (name: string) => boolean): { ref: ResourceRef; patch: object } {
  const finalizers = trial.metadata.finalizers?.filter(keep) ?? []
  return {
    ref: refOf(trial),
    patch: {
      metadata: {
        resourceVersion: trial.metadata.resourceVersion,
        finalizers: finalizers.length > 0 ? finalizers : null,
      },
    },
  }
}
