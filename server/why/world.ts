/** What the question "why is nothing moving" is asked about. */
import type { Condition, Experiment, Resource, Suggestion, Trial } from '#api'
import { phaseOf } from '../rest/trial-row.ts'

export interface Warning {
  readonly reason: string
  readonly message: string
  /** RFC 3339; empty: not known. */
  readonly time: string
}

export interface WhyWorld {
  readonly experiment: Experiment
  readonly suggestion: Suggestion | undefined
  readonly trials: readonly Trial[]
  /** Jobs and pods of trials that have not ended, as far as they were read. */
  readonly jobs: readonly Resource[]
  readonly pods: readonly Resource[]
  /** Latest warning events, by the UID of their object. */
  readonly warnings: ReadonlyMap<string, Warning>
  /** Whether somebody reconciles: this process or the holder of the directory; nobody; not known from here. */
  readonly served: 'yes' | 'no' | 'unknown'
  /** Where the objects are, for the sentence. */
  readonly place: string
  /** The command that would reconcile them. */
  readonly startWith: string
  /** Why the observation store does not answer, if it does not. */
  readonly storeAway?: string
  readonly now: Date
}

export const isActive = (trial: Trial) => phaseOf(trial) === 'Pending' || phaseOf(trial) === 'Running'
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
/** What a condition says, were it only its reason. */
export const said = ({ message, reason, type }: Condition) => message || reason || type
