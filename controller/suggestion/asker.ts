/**
 * Asks outside of the reconcile workers, so that a slow algorithm holds up nobody.
 *
 * States of an experiment: idle; asking (one question at a time); answered, until the answer is taken or its first index is
 * no longer the next one. An answer without assignments means that the algorithm waits for trials in flight: it holds until
 * another trial has ended. An ask that fails is put again by the reconcile that its failure causes, with the queue's delays.
 */
import type { Experiment, Suggestion } from '#api'
import type { SuggestAnswer } from '#suggestion'
import { problemOf } from '../admission/built-in-knowledge.ts'
import { objectiveOf } from '../experiment/optimal.ts'
import type { TrialRoll } from '../trial-roll.ts'
import type { SuggestPool } from './pool-ask.ts'
import { logOf } from './trial-log.ts'
import type { Wanted } from './wanted.ts'

export type Answered = SuggestAnswer & { readonly firstIndex: number }

export class Asker {
  readonly #pool: SuggestPool
  readonly #asking = new Set<string>()
  /** With the number of ended trials that the question knew. */
  readonly #answers = new Map<string, Answered & { readonly ended: number }>()
  readonly #failures = new Map<string, unknown>()

  constructor(pool: SuggestPool) {
    this.#pool = pool
  }

  /** The answer to `wanted`, if it is there; throws what the last ask failed with. Otherwise asks, and calls `onAnswer` when there is news. */
  answer(
    experiment: Experiment,
    suggestion: Suggestion,
    trials: TrialRoll,
    wanted: Wanted,
    onAnswer: () => void,
  ): Answered | undefined {
    const uid = experiment.metadata.uid ?? ''
    const failure = this.#failures.get(uid)
    if (failure !== undefined) {
      this.#failures.delete(uid)
      throw failure
    }
    const answer = this.#answers.get(uid)
    const waits = answer?.assignments.length === 0 && !answer.searchEnded
    const isNews = waits && answer.ended !== trials.endedCount
    if (answer?.firstIndex === wanted.firstIndex && !isNews) return answer
    this.#answers.delete(uid)
    if (!this.#asking.has(uid)) void this.#ask(uid, experiment, suggestion, trials, wanted, onAnswer)
    return undefined
  }

  forget(experimentUid: string): void {
    this.#answers.delete(experimentUid)
    this.#failures.delete(experimentUid)
    this.#pool.forget(experimentUid)
  }

  async #ask(
    uid: string,
    experiment: Experiment,
    suggestion: Suggestion,
    trials: TrialRoll,
    wanted: Wanted,
    onAnswer: () => void,
  ): Promise<void> {
    this.#asking.add(uid)
    const ended = trials.endedCount
    try {
      const answer = await this.#pool.ask({
        experimentUid: uid,
        problem: problemOf(experiment),
        algorithm: experiment.spec.algorithm ?? { algorithmName: '' },
        objective: objectiveOf(experiment),
        seed: experiment.spec.seed ?? uid,
        trials: logOf(trials, suggestion),
        ...wanted,
      })
      this.#answers.set(uid, { ...answer, firstIndex: wanted.firstIndex, ended })
    } catch (error) {
      this.#failures.set(uid, error)
    }
    this.#asking.delete(uid)
    onAnswer()
  }
}
