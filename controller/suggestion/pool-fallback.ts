/**
 * What is tried when an algorithm cannot answer: its own way without the model, where it has one, so that rungs and members
 * keep their labels; else, or when that fails too, scrambled Sobol points. Marked as such on their trials.
 */
import { type AlgorithmSpec, PREFIX } from '#api'
import {
  compileConstraints,
  createSpace,
  hasOwnFallback,
  type SuggestAnswer,
  searchedProblem,
  suggestFor,
  type TrialFacts,
  toHistory,
} from '#suggestion'
import type { Ask } from './pool-ask.ts'

/** On a trial: why its point is no choice of its algorithm's model, `over-budget` or `error`. */
export const QUASI_RANDOM_LABEL = `${PREFIX}/quasi-random`

/** `why` in one sentence goes with every point. */
export async function quasiRandom(ask: Ask, cause: 'over-budget' | 'error', why: string): Promise<SuggestAnswer> {
  const answer = await pointsFor(ask)
  const assignments = answer.assignments.map(assignment => ({
    ...assignment,
    labels: { ...assignment.labels, [QUASI_RANDOM_LABEL]: cause },
    because: why,
  }))
  return { ...answer, assignments, choice: { model: 'quasi-random', because: `quasi-random points, as ${why}` } }
}

async function pointsFor(ask: Ask): Promise<SuggestAnswer> {
  const ended = Array.from(ask.trials.changes() ?? [], change => change.facts ?? []).flat()
  const facts = [...ended, ...ask.trials.waiting()]
  if (!hasOwnFallback(ask.algorithm)) return answerOf(ask, facts, SOBOL)
  try {
    return await answerOf(ask, facts, ask.algorithm)
  } catch {
    // The mistake is in the algorithm itself, and was told when its model failed: points without a place are all that is left.
    return answerOf(ask, facts, SOBOL)
  }
}

const SOBOL: AlgorithmSpec = { algorithmName: 'sobol' }

async function answerOf(ask: Ask, facts: readonly TrialFacts[], algorithm: AlgorithmSpec): Promise<SuggestAnswer> {
  const { problem, objective, seed, firstIndex, count } = ask
  const history = toHistory(createSpace(searchedProblem(problem, algorithm)), facts, objective)
  const feasible = await compileConstraints(problem)
  return suggestFor({ problem, algorithm, seed, history, firstIndex, count, feasible, withoutModel: true })
}
