/** What the suggestion reconciler decides on. */
import type { Experiment, Suggestion } from '#api'
import type { SuggestAnswer } from '#suggestion'
import type { TrialRoll } from '../trial-roll.ts'

export interface SuggestionWorld {
  readonly self: Suggestion
  readonly experiment: Experiment | undefined
  /** Of the Experiment's UID. */
  readonly trials: TrialRoll
  /** An answer to the ask that began at `firstIndex`; late ones, whose indexes are taken, fall away. */
  readonly answer?: SuggestAnswer & { readonly firstIndex: number }
  /** Somebody else's Trial has this name. */
  isTaken(name: string): boolean
}
