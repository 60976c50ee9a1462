/** What the suggestion reconciler decides on. */
import type { Experiment, Resource, Suggestion } from '#api'
import type { TrialRoll } from '../trial-roll.ts'
import type { Answered, AskFailure } from './asker.ts'
import type { ForeignService } from './foreign-service.ts'

export interface SuggestionWorld {
  readonly self: Suggestion
  readonly experiment: Experiment | undefined
  /** Of the Experiment's UID. */
  readonly trials: TrialRoll
  /** An answer to the ask that began at `firstIndex`; late ones, whose indexes are taken, fall away. */
  readonly answer?: Answered
  /** Of the last ask, which is put again. */
  readonly failure?: AskFailure
  /** The algorithm has not answered yet. */
  readonly isAsking: boolean
  /** Of the claim that checkpoints are kept on, where an administrator has said it. */
  readonly claimSpec?: Readonly<Record<string, unknown>>
  /** Whether that claim is somebody's already, to be used as it is, or cannot be had, and why; met when it was to be made. */
  readonly claim?: 'given' | { readonly problem: string }
  /** Of an algorithm that is not ours and that a cluster runs; asked only when its Deployment is available. */
  readonly service?: {
    readonly asked: ForeignService
    readonly deployment: Resource | undefined
    /** The API server does not let us make it; its words. */
    readonly refusal?: string
  }
  /** Somebody else's Trial has this name. */
  isTaken(name: string): boolean
}
