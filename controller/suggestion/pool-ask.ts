/** The question to a search and its answer, as the controller puts it. */
import type { AlgorithmSpec, EarlyStoppingRule, EarlyStoppingSpec, Objective, Setting } from '#api'
import type { Problem, SuggestAnswer } from '#suggestion'
import type { TrialLog } from './trial-log.ts'

export interface Ask {
  readonly experimentUid: string
  /** For services that are not ours. */
  readonly foreign?: ForeignContext
  readonly problem: Problem
  readonly algorithm: AlgorithmSpec
  readonly objective: Objective
  /** spec.seed, else the uid. */
  readonly seed: number | string
  readonly trials: TrialLog
  readonly firstIndex: number
  /** >= 1 */
  readonly count: number
}

/** What a service that is not ours is told besides. */
export interface ForeignContext {
  readonly namespace: string
  /** Of the Experiment, and of its Suggestion. */
  readonly name: string
  readonly earlyStopping?: EarlyStoppingSpec
  /** What it wanted to be told again. */
  readonly carried: readonly Setting[]
}

export type PoolAnswer = SuggestAnswer & {
  /** In one sentence, why these points are not the algorithm's own. */
  readonly replacedBecause?: string
  /** What a service that is not ours wants to be told again. */
  readonly carried?: readonly Setting[]
  /** Of a service that is not ours: when trials of these assignments are stopped early. */
  readonly earlyStoppingRules?: readonly EarlyStoppingRule[]
}

/** The algorithm does not take the Experiment: no later ask will be answered. The message is for the user. */
export class AlgorithmRefusal extends Error {
  override readonly name = 'AlgorithmRefusal'
}

/** Answers asks. The same ask gives the same answer, whichever worker it meets and whatever was asked before. */
export interface SuggestPool extends AsyncDisposable {
  /**
   * Rejects when `signal` aborts or the pool is closed, and for an algorithm that is not ours: with `AlgorithmRefusal`, or
   * with another error for now. An algorithm of ours that fails or takes longer than the budget is replaced by its own way without the model or by scrambled Sobol points, which say so in the label `QUASI_RANDOM_LABEL`.
   */
  ask(ask: Ask, signal?: AbortSignal): Promise<PoolAnswer>
  /** The experiment is gone. */
  forget(experimentUid: string): void
}
