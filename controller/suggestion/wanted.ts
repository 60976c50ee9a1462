/** Which assignments to ask for next. */
import { type Experiment, isTrue, type Suggestion } from '#api'
import { allowedIndexes } from '../experiment/demand.ts'
import type { TrialRoll } from '../trial-roll.ts'

/** Assignments that wait for a Trial may take so much of the object (S13); 340 bytes each with 5 parameters, measured. */
const WAITING_BYTES = 96 * 1024

export interface Wanted {
  readonly firstIndex: number
  readonly count: number
}

/** Undefined: nothing is wanted, or the search has ended. */
export function wanted(experiment: Experiment, suggestion: Suggestion, trials: TrialRoll): Wanted | undefined {
  const firstIndex = suggestion.status?.suggestionCount ?? 0
  if (suggestion.status?.searchEnded || isTrue(suggestion.status?.conditions, 'Failed')) return undefined
  const perAssignment = 100 + 60 * (experiment.spec.parameters?.length ?? 0)
  const room = Math.max(1, Math.floor(WAITING_BYTES / perAssignment) - (suggestion.status?.suggestions?.length ?? 0))
  const count = Math.min(allowedIndexes(experiment, trials) - firstIndex, room)
  return count > 0 ? { firstIndex, count } : undefined
}
