/**
 * Why a condition of ours stands as it does: one word to search for, each with what it means. Katib's words are kept where it
 * has them; the message beside a reason tells of this very object.
 */

export type ExperimentReason =
  /** It was accepted. */
  | 'ExperimentCreated'
  /** Its trials are made, or it waits with trials running. */
  | 'ExperimentRunning'
  /** It had ended, and a greater budget lets it go on. */
  | 'ExperimentRestarting'
  /** Nobody starts trials until it is resumed. */
  | 'ExperimentSuspended'
  /** A trial reached the goal of the objective. */
  | 'ExperimentGoalReached'
  /** `maxTrialCount` trials have ended. */
  | 'ExperimentMaxTrialsReached'
  /** The algorithm has no more points, a grid for one. */
  | 'ExperimentSuggestionEndReached'
  /** More trials failed than `maxFailedTrialCount` allows. */
  | 'ExperimentFailed'
  /** What is stored is not what admission lets through; the message lists it. */
  | 'InvalidSpec'

export type SuggestionReason =
  | 'SuggestionCreated'
  /** Assignments are given on demand. */
  | 'SuggestionRunning'
  /** The service of an algorithm that is not ours does not take the experiment; the message has its words. */
  | 'SuggestionFailed'
  /** Katib has a Deployment for it; clients wait for this condition. */
  | 'DeploymentReady'
  /** The pod of an algorithm that is not ours does not serve yet. */
  | 'DeploymentNotReady'
  /** No more assignments are asked for; Katib's two wordings. */
  | 'Suggestion is succeeded'
  | 'Experiment is succeeded'

export type TrialReason =
  | 'TrialCreated'
  /** Its job exists. */
  | 'TrialRunning'
  /** Its job exists, and its pod does not run for some seconds. */
  | 'TrialPending'
  /** Its job has succeeded, and the collector has not finished. */
  | 'WaitingForMetrics'
  /** Its job has ended or is being ended, and what it reported cannot be read; the message has the store's words. */
  | 'StoreUnreachable'
  /** Its processes have been asked to end; the message says what the trial will be. */
  | 'Stopping'
  | 'TrialSucceeded'
  | 'TrialFailed'
  /** The experiment ended or was stopped before it. */
  | 'TrialKilled'
  | 'TrialEarlyStopped'
  /** It ended without its objective. Of an experiment: its first trials all did, and it was suspended. */
  | 'MetricsUnavailable'

/** Of condition Degraded, for as long as something cannot go on as it should. */
export type DegradedReason =
  /** Somebody else's object has the name. */
  | 'NameTaken'
  /** No trial can be made from the template. */
  | 'TrialTemplate'
  /** Trials may not be of the template's kind: by the operator's list, by the cluster, or for want of a right of the creator. */
  | 'TrialKind'
  /** The algorithm did not answer and is asked again. */
  | 'AskFailed'
  /** The claim that checkpoints are kept on is refused, or its name is taken. */
  | 'CheckpointClaim'
  /** The algorithm did not answer, and quasi-random points were tried instead. */
  | 'QuasiRandom'

/** Of condition MetricsIncomplete, beside the one that ends a trial: what it reported counts, and may not be all. */
export type IncompleteReason =
  /** Its collector ended before the store had everything; what it summed up counts. */
  | 'CollectorEnded'
  /** Its collector did not say within the deadline that it was done. */
  | 'CollectorLate'
  | LossReason

/** What a collector knows to be lost; the word before a sentence of its diagnosis. */
export type LossReason =
  /** The cluster had thrown away a part of the program's log before it was read. */
  | 'LogRotated'
  /** The store did not take some values, and never will. */
  | 'ReportsRefused'

export type ConditionReason = ExperimentReason | SuggestionReason | TrialReason | IncompleteReason | DegradedReason

/** As Katib writes it: a trial's end quotes the reason of its job. */
export type QuotingReason = ConditionReason | `${TrialReason}. Job reason: ${string}`
