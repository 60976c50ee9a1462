/** The question to a search and its answer, as the controller puts it. */
import type { AlgorithmSpec, Objective } from '#api'
import type { Problem, SuggestAnswer } from '#suggestion'
import type { TrialLog } from './trial-log.ts'

export interface Ask {
  readonly experimentUid: string
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

export type PoolAnswer = SuggestAnswer & {
  /** In one sentence, why these points are not the algorithm's own. */
  readonly replacedBecause?: string
}

/** Answers asks. The same ask gives the same answer, whichever worker it meets and whatever was asked before. */
export interface SuggestPool extends AsyncDisposable {
  /**
   * Rejects only when `signal` aborts or the pool is closed. An algorithm that fails or takes longer than the budget is
   * replaced by its own way without the model or by scrambled Sobol points, which say so in the label `QUASI_RANDOM_LABEL`.
   */
  ask(ask: Ask, signal?: AbortSignal): Promise<PoolAnswer>
  /** The experiment is gone. */
  forget(experimentUid: string): void
}
