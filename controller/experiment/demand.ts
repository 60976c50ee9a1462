/**
 * How many assignments are wanted (protocol P1, the index rule).
 *
 * Assignments are numbered 0, 1, 2, ... per Experiment. Index i may become a Trial only if i < maxTrialCount and
 * i < terminal trials seen + parallelTrialCount. Terminal is for ever and a stale view can only undercount it, so no view,
 * however old, and no number of controllers ever exceeds either bound.
 */
import { type Experiment, isTrue } from '#api'
import { parseRanges } from '../index-ranges.ts'
import type { TrialRoll } from '../trial-roll.ts'

/** One more than the highest index that may be a Trial now; 0 when none may. Suspended and ended experiments want no more. */
export function allowedIndexes(experiment: Experiment, trials: TrialRoll): number {
  const { parallelTrialCount = 3, maxTrialCount = Number.POSITIVE_INFINITY, suspend } = experiment.spec
  const conditions = experiment.status?.conditions
  if (suspend || ['Suspended', 'Succeeded', 'Failed'].some(type => isTrue(conditions, type))) return 0
  return Math.min(maxTrialCount, terminalCount(experiment, trials) + parallelTrialCount)
}

/** Trials that ended, deleted ones included: a budget is never refunded. */
export function terminalCount(experiment: Experiment, trials: TrialRoll): number {
  return trials.endedCount + removedCount(experiment, trials)
}

/** Finished Trials that were deleted and are gone. */
export function removedCount(experiment: Experiment, trials: TrialRoll): number {
  const removed = experiment.status?.removedTrials
  if (!removed) return 0
  return [...parseRanges(removed)].filter(index => !trials.at(index)).length
}
