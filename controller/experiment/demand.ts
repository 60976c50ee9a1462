/**
 * How many assignments are wanted (protocol P1, the index rule).
 *
 * Assignments are numbered 0, 1, 2, ... per Experiment. Index i may become a Trial only if i < maxTrialCount and
 * i < terminal trials seen + parallelTrialCount. Terminal is for ever and a stale view can only undercount it, so no view,
 * however old, and no number of controllers ever exceeds either bound.
 */
import { type Experiment, INDEX_LABEL, isTrue, type Trial } from '#api'
import { parseRanges } from '../index-ranges.ts'
import { isTerminal } from '../trial-state.ts'

/** One more than the highest index that may be a Trial now; 0 when none may. Suspended and ended experiments want no more. */
export function allowedIndexes(experiment: Experiment, trials: readonly Trial[]): number {
  const { parallelTrialCount = 3, maxTrialCount = Number.POSITIVE_INFINITY, suspend } = experiment.spec
  const conditions = experiment.status?.conditions
  if (suspend || ['Suspended', 'Succeeded', 'Failed'].some(type => isTrue(conditions, type))) return 0
  return Math.min(maxTrialCount, terminalCount(experiment, trials) + parallelTrialCount)
}

/** Trials that ended, deleted ones included: a budget is never refunded. */
export function terminalCount(experiment: Experiment, trials: readonly Trial[]): number {
  return trials.filter(isTerminal).length + removedCount(experiment, trials)
}

/** Finished Trials that were deleted and are gone. */
export function removedCount(experiment: Experiment, trials: readonly Trial[]): number {
  const removed = experiment.status?.removedTrials
  if (!removed) return 0
  const present = new Set(trials.map(trial => trial.metadata.labels?.[INDEX_LABEL]))
  return [...parseRanges(removed)].filter(index => !present.has(String(index))).length
}
