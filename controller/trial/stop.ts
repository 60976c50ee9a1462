/**
 * Stopping a trial before its end (decisions 4): a mark on the Trial (Running, reason `Stopping`), then the kind's own stop,
 * so that collector and checkpoint have the pod's grace, then the end, once no process is left.
 */
import { EARLY_STOPPED_ANNOTATION, type Resource, refOf, type Trial } from '#api'
import { kindOf, runStatus } from '#kinds'
import { isOver } from '../experiment/verdict.ts'
import type { Plan } from '../reconciler.ts'
import { isTerminal, isToldToStop } from '../trial-state.ts'
import { deadlinesOf, seconds, sinceCondition } from './deadlines.ts'
import { end, marked, outcome } from './outcome.ts'
import { joblessBecause } from './without-job.ts'
import type { TrialWorld } from './world.ts'

export interface StopReason {
  readonly phase: 'Killed' | 'Failed' | 'EarlyStopped'
  readonly sentence: string
}

/** Why this trial should not go on, if so. What once was marked stays stopped. */
export function wantsStop(world: TrialWorld, now: Date): StopReason | undefined {
  const { self, experiment, job } = world
  if (isStopping(self)) return readMark(self)
  if (!experiment) return undefined
  const keeps = experiment.spec.runningTrialsPolicy === 'Keep'
  if (isOver(experiment.status?.conditions) && !keeps) return { phase: 'Killed', sentence: 'the experiment has ended' }
  if (experiment.spec.suspend && experiment.spec.runningTrialsPolicy === 'Stop')
    return { phase: 'Killed', sentence: 'the experiment was stopped' }
  // A run that is kept ends in place, by the collector's hand; the job is left alone until then.
  const endsInPlace = self.spec.retainRun === true && job !== undefined && !hasEnded(job, self)
  if (isStoppedByCollector(self) && !endsInPlace)
    return {
      phase: 'EarlyStopped',
      sentence: `its ${isToldToStop(self) ? 'stopping service' : 'metrics collector'} stopped it`,
    }
  if (world.stopEarly !== undefined) return { phase: 'EarlyStopped', sentence: world.stopEarly }
  const reached = world.deadlineGraceMs === undefined ? deadlineReached(world, now) : undefined
  return reached && { phase: 'Failed', sentence: reached.sentence }
}

/** The deadline that the trial has passed by what is seen of it. Trials that are being stopped have none. */
export function deadlineReached(
  { self, experiment, job, waitingBecause, jobRefused, waitsForSlot }: TrialWorld,
  now: Date,
): { readonly deadlineMs: number; readonly sentence: string } | undefined {
  if (isTerminal(self) || isStopping(self)) return undefined
  const { pendingMs, runningMs } = deadlinesOf(experiment)
  const elapsedMs = sincePossible(self, job, now)
  const because = waitingBecause ?? jobRefused ?? joblessBecause(self) ?? (job ? undefined : notMade(self))
  const isRunning = job !== undefined && kindOf(job).isRunning(job)
  if (isRunning && elapsedMs >= runningMs)
    return { deadlineMs: runningMs, sentence: `running deadline of ${seconds(runningMs)} exceeded` }
  if (isRunning || waitsForSlot || elapsedMs < pendingMs) return undefined
  const sentence = `pending deadline of ${seconds(pendingMs)} exceeded${because ? `: ${because}` : ''}`
  return { deadlineMs: pendingMs, sentence }
}

/** The refusal itself stands in the log, and came again and again. */
function notMade({ spec }: Trial): string {
  const { apiVersion, kind } = spec.runSpec as { apiVersion?: string; kind?: string }
  return `no ${kind} of ${apiVersion} could be made; is that kind served here?`
}

export function stopping({ self, job, summary }: TrialWorld, stop: StopReason, now: Date): Plan<Trial> {
  if (!job) return end(self, outcome(stop.phase, { sentence: stop.sentence }), summary, now)
  const mark = marked(self, 'Stopping', markOf(stop), now)
  if (mark) return { status: mark, requeueAfterMs: 0 }
  const kind = kindOf(job)
  const request = kind.stop(job)
  if ('delete' in request) return { delete: [refOf(job)] }
  if (!isStopRequested(job) && !hasEnded(job, self)) return { patch: [stopPatch(job, request.patch)] }
  // The final of the collector, or no process left: whichever is known first.
  return summary?.final || kind.hasStopped(job)
    ? end(self, outcome(stop.phase, { sentence: stop.sentence }), summary, now)
    : {}
}

/** The kind's stop once more, for a job that runs although it was stopped. */
export function stoppedAgain(self: Trial, job: Resource): Plan<Trial> {
  if (isStopRequested(job) || hasEnded(job, self)) return {}
  const request = kindOf(job).stop(job)
  return 'delete' in request ? { delete: [refOf(job)] } : { patch: [stopPatch(job, request.patch)] }
}

function stopPatch(job: Resource, patch: object) {
  const { resourceVersion } = job.metadata
  return { ref: refOf(job), patch: { ...patch, metadata: { resourceVersion } } }
}

/** The mark says what the trial will be, so that a later reconcile ends it in the same way. */
const markOf = ({ phase, sentence }: StopReason) => `to be ${phase}: ${sentence}`

function readMark(trial: Trial): StopReason {
  const message = trial.status?.conditions?.find(({ type }) => type === 'Running')?.message ?? ''
  const match = /^to be (Killed|Failed|EarlyStopped): (.*)$/s.exec(message)
  // The pattern names exactly the phases of StopReason.
  return { phase: (match?.[1] ?? 'Killed') as StopReason['phase'], sentence: match?.[2] ?? message }
}

/** Time that a suspended or queued job spends does not count; neither does what passed before its latest start. */
export function sincePossible(self: Trial, job: Resource | undefined, now: Date): number {
  if (!job) return now.getTime() - Date.parse(self.metadata.creationTimestamp ?? now.toISOString())
  if (isStopRequested(job)) return 0
  const startTime = (job.status as { startTime?: string | null } | undefined)?.startTime
  const sinceStart = startTime ? now.getTime() - Date.parse(startTime) : Number.POSITIVE_INFINITY
  return Math.min(sinceStart, sinceCondition(self, 'Running', now))
}

/** The mark is on it; it outlives whatever the job does then (P5). */
export function isStopping(trial: Trial): boolean {
  return trial.status?.conditions?.some(({ type, reason }) => type === 'Running' && reason === 'Stopping') ?? false
}

/** A collector said so, over its stopping rules, to us or to a service; its job may have ended by then, as one that succeeded. */
export function isStoppedByCollector(trial: Trial): boolean {
  return trial.metadata.annotations?.[EARLY_STOPPED_ANNOTATION] !== undefined || isToldToStop(trial)
}

function hasEnded(job: Resource, { spec }: Trial): boolean {
  const { is } = runStatus(job, spec.successCondition ?? '', spec.failureCondition ?? '')
  return is === 'succeeded' || is === 'failed'
}

const isStopRequested = (job: Resource) => (job.spec as { suspend?: boolean } | undefined)?.suspend === true
