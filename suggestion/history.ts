/** Trials as algorithms see them: outcomes and losses, lower is better. */
import type { Suggestion } from './suggestion.ts'

/** An algorithm never checks a state that the type already excludes. */
export interface History {
  /** By completion, oldest first. */
  readonly finished: readonly FinishedTrial[]
  /** Suggested and not ended, by index. */
  readonly pending: readonly (Suggestion & { readonly index: number })[]
}

export type FinishedTrial = Suggestion & {
  readonly index: number
  /** Of its Trial, where it has one: files of a trial are found by it. */
  readonly name?: string
  readonly outcome: Outcome
}

export type Outcome =
  /** One loss per objective; finite; lower is better. */
  | { readonly is: 'completed'; readonly losses: readonly number[] }
  | { readonly is: 'stopped'; readonly losses?: readonly number[] }
  | { readonly is: 'failed'; readonly because: 'user' | 'diverged' | 'noMetric' }
