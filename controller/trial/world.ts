/** What the trial reconciler decides on. */
import type { Experiment, Resource, Suggestion, Trial } from '#api'
import type { ObservationSummary } from '#store'

export interface TrialWorld {
  readonly self: Trial
  /** Undefined: it is gone, and the Trial goes with it. */
  readonly experiment: Experiment | undefined
  readonly suggestion: Suggestion | undefined
  /** The object named like the Trial, whoever owns it. */
  readonly job: Resource | undefined
  /** Of what the trial reported; read only once its job has ended or is being stopped. */
  readonly summary: ObservationSummary | undefined
  /** A sentence about why the job's pod does not run yet, where there is one. */
  readonly waitingBecause?: string
}
