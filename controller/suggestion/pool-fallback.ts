/** What is tried when an algorithm cannot answer: scrambled Sobol points, marked as such on their trials. */
import { PREFIX } from '#api'
import { compileConstraints, createSpace, type SuggestAnswer, suggestFor, toHistory } from '#suggestion'
import type { Ask } from './pool-ask.ts'

/** On a trial: why its point is quasi-random, `over-budget` or `error`. */
export const QUASI_RANDOM_LABEL = `${PREFIX}/quasi-random`

export async function quasiRandom(ask: Ask, because: 'over-budget' | 'error'): Promise<SuggestAnswer> {
  const { problem, objective, seed, firstIndex, count } = ask
  const ended = Array.from(ask.trials.changes() ?? [], change => change.facts ?? [])
  const facts = [...ended.flat(), ...ask.trials.waiting()]
  const answer = suggestFor({
    problem,
    algorithm: { algorithmName: 'sobol' },
    seed,
    history: toHistory(createSpace(problem), facts, objective),
    firstIndex,
    count,
    feasible: await compileConstraints(problem),
  })
  const assignments = answer.assignments.map(assignment => ({
    ...assignment,
    labels: { ...assignment.labels, [QUASI_RANDOM_LABEL]: because },
  }))
  return { ...answer, assignments }
}
