/**
 * Asks outside of the reconcile workers, so that a slow algorithm holds up nobody.
 *
 * States of an experiment: idle; asking (one question at a time); answered, until the answer is taken or its first index is
 * no longer the next one. An answer without assignments means that the algorithm waits for trials in flight: it holds until
 * another trial has ended. failed: for a second, doubling with every failure up to a minute; then it is asked again.
 */
import type { Experiment, Suggestion } from '#api'
import type { Clock } from '#kube'
import { problemOf } from '../admission/built-in-knowledge.ts'
import { objectiveOf } from '../experiment/optimal.ts'
import type { TrialRoll } from '../trial-roll.ts'
import { AlgorithmRefusal, type ForeignContext, type PoolAnswer, type SuggestPool } from './pool-ask.ts'
import { logOf } from './trial-log.ts'
import type { Wanted } from './wanted.ts'

export type Answered = PoolAnswer & { readonly firstIndex: number }

export type Asked =
  | { readonly is: 'asking' }
  | { readonly is: 'answered'; readonly answer: Answered }
  | ({ readonly is: 'failed' } & AskFailure)

export interface AskFailure {
  readonly because: string
  readonly againInMs: number
  /** It is not asked again: the algorithm does not take the Experiment. */
  readonly isFinal?: true
}

const FIRST_WAIT_MS = 1_000
const LAST_WAIT_MS = 60_000

export class Asker {
  readonly #pool: SuggestPool
  readonly #asking = new Set<string>()
  /** With the number of ended trials that the question knew. */
  readonly #answers = new Map<string, Answered & { readonly ended: number }>()
  readonly #failures = new Map<
    string,
    { readonly because: string; readonly waitMs: number; readonly untilMs: number; readonly isFinal: boolean }
  >()
  readonly #clock: Clock

  constructor(pool: SuggestPool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** The answer to `wanted`, or what the last ask failed with. Otherwise asks, and calls `onAnswer` when there is news. */
  answer(
    experiment: Experiment,
    suggestion: Suggestion,
    trials: TrialRoll,
    wanted: Wanted,
    onAnswer: () => void,
  ): Asked {
    const uid = experiment.metadata.uid ?? ''
    const failure = this.#failures.get(uid)
    const againInMs = (failure?.untilMs ?? 0) - this.#clock.monotonicMs()
    if (failure && againInMs > 0)
      return { is: 'failed', because: failure.because, againInMs, ...(failure.isFinal ? { isFinal: true } : {}) }
    const answer = this.#answers.get(uid)
    const waits = answer?.assignments.length === 0 && !answer.searchEnded
    const isNews = waits && answer.ended !== trials.endedCount
    if (answer?.firstIndex === wanted.firstIndex && !isNews) return { is: 'answered', answer }
    this.#answers.delete(uid)
    if (!this.#asking.has(uid)) void this.#ask(uid, experiment, suggestion, trials, wanted, onAnswer)
    return { is: 'asking' }
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
        foreign: foreignContext(experiment, suggestion),
        ...wanted,
      })
      this.#answers.set(uid, { ...answer, firstIndex: wanted.firstIndex, ended })
      this.#failures.delete(uid)
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      const waitMs = Math.min(LAST_WAIT_MS, 2 * (this.#failures.get(uid)?.waitMs ?? FIRST_WAIT_MS / 2))
      const isFinal = error instanceof AlgorithmRefusal
      this.#failures.set(uid, { because, waitMs, untilMs: this.#clock.monotonicMs() + waitMs, isFinal })
    }
    this.#asking.delete(uid)
    onAnswer()
  }
}

function foreignContext({ metadata, spec }: Experiment, suggestion: Suggestion): ForeignContext {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    carried: suggestion.status?.algorithmSettings ?? [],
    ...(spec.earlyStopping ? { earlyStopping: spec.earlyStopping } : {}),
  }
}
