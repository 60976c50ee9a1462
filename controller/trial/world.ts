/** What the trial reconciler decides on. */
import type { Experiment, Resource, Suggestion, Trial } from '#api'
import type { ObservationSummary } from '#store'
import type { PodEquipment } from '../admission/equip-pods.ts'

export interface TrialWorld {
  readonly self: Trial
  /** Undefined: it is gone, and the Trial goes with it. */
  readonly experiment: Experiment | undefined
  readonly suggestion: Suggestion | undefined
  /** The object named like the Trial, whoever owns it. */
  readonly job: Resource | undefined
  /** Of what the trial reported; read only once its job has ended or is being stopped. */
  readonly summary: ObservationSummary | undefined
  /** Why that cannot be read now, where it is to be. */
  readonly storeAway?: string
  /** What its collector left in its pod; read only where the final does not come. */
  readonly lastWords?: ObservationSummary
  /** A line of the container's own output that holds the objective, where the collector does not look and found nothing. */
  readonly printed?: string
  /** Why the early-stopping rule would stop it, if so. */
  readonly stopEarly?: string
  /** How it came to the checkpoint it starts from; read only of a trial that has a parent and does not say it yet. */
  readonly checkpoint?: string
  /** Why the job's pod does not run yet; read only of a job that has been pending for some seconds. */
  readonly waitingBecause?: string
  /** It waits for a slot: it could not have run. */
  readonly waitsForSlot?: boolean
  /** It has passed a deadline, which ends it only if that is still seen after so long. */
  readonly deadlineGraceMs?: number
  /** Why its job may not be made; read only of a trial without one. */
  readonly refusal?: string
  /** What the API server said when its job was to be made; until it is. */
  readonly jobRefused?: string
  /** What pods of a cluster get besides. */
  readonly equipment?: PodEquipment
}
