/** Assignments that may become Trials under the index rule and have none yet. */
import type { TrialAssignment } from '#api'
import { parseRanges } from '../index-ranges.ts'
import { allowedIndexes } from './demand.ts'
import type { ExperimentWorld } from './world.ts'

export function dueAssignments({
  self,
  suggestion,
  trials,
}: Pick<ExperimentWorld, 'self' | 'suggestion' | 'trials'>): readonly TrialAssignment[] {
  const removed = parseRanges(self.status?.removedTrials)
  const allowed = allowedIndexes(self, trials)
  return (suggestion?.status?.suggestions ?? []).filter(
    ({ index }) => index !== undefined && index < allowed && !trials.at(index) && !removed.has(index),
  )
}
