/** What the experiment reconciler decides on. */
import type { Experiment, Resource, SpecProblem, Suggestion } from '#api'
import type { TrialRoll } from '../trial-roll.ts'

export interface ExperimentWorld {
  readonly self: Experiment
  readonly suggestion: Suggestion | undefined
  /** Somebody else's Suggestion, which has the name that ours would have. */
  readonly holder?: Resource
  /** Of this Experiment's UID. */
  readonly trials: TrialRoll
  /** What admission would refuse now: an object that was stored past it. */
  readonly problems: readonly SpecProblem[]
  /** Text of the ConfigMap template, or why there is none; absent for an inline template. */
  readonly template?: { readonly text: string } | { readonly missing: string }
  /** Why trials may not be of the template's kind; read only where assignments wait to become trials. */
  readonly refusal?: string
  /** Since our last write of this status; Infinity when there was none. */
  readonly sinceStatusMs: number
}
