/** What a judgement of an Experiment rests on, besides the Experiment. */
import type { CollectorKind, Experiment, SpecProblem } from '#api'

export interface TrialKind {
  readonly apiVersion: string
  readonly kind: string
}

/** What is known here: algorithms, rules and collectors by name. */
export interface AdmissionKnowledge {
  readonly algorithms: readonly string[]
  readonly earlyStoppers: readonly string[]
  readonly collectors: readonly CollectorKind[]
  /** False: nobody may read a pod's log for its collector, so that output of a program without a command is lost. */
  readonly readsLogs?: boolean
  /** What trials may be, by the operator's word as it is now; absent: every kind. */
  readonly allowedKinds?: readonly TrialKind[]
  /** Which kinds can be made at this moment, where that is known; absent: what is not there may come. */
  serves?(kind: TrialKind): boolean
  /**
   * What the named algorithm and stopping rule have against this Experiment: settings they do not know, a space they
   * cannot search. Asked only about an Experiment whose names are known and whose parameters are sound.
   */
  algorithmProblems(experiment: Experiment): readonly SpecProblem[]
  /** Constraints that cannot be read; apart, since reading them loads a parser. */
  constraintProblems?(experiment: Experiment): Promise<readonly SpecProblem[]>
}

export interface ValidationContext extends AdmissionKnowledge {
  /** The stored object, defaulted, on an update. */
  readonly old?: Experiment
  /** The text of a ConfigMap template, or why it cannot be had. */
  readonly template?: { readonly text: string } | { readonly missing: string }
}
