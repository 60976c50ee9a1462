/** Problems and histories for tests of the search. */
import type { Parameter } from '#api'
import { type Rng, rngOf } from '#numerics'
import {
  createSpace,
  type History,
  type Problem,
  type SuggestAnswer,
  type SuggestCall,
  searchedProblem,
  suggestFor,
  valuesOf,
} from '#suggestion'

type FeasibleSpace = Parameter['feasibleSpace']

export const double = (name: string, feasibleSpace: FeasibleSpace): Parameter => ({
  name,
  parameterType: 'double',
  feasibleSpace,
})
export const int = (name: string, feasibleSpace: FeasibleSpace): Parameter => ({
  name,
  parameterType: 'int',
  feasibleSpace,
})
export const categorical = (name: string, list: string[]): Parameter => ({
  name,
  parameterType: 'categorical',
  feasibleSpace: { list },
})
export const discrete = (name: string, list: string[]): Parameter => ({
  name,
  parameterType: 'discrete',
  feasibleSpace: { list },
})

export function aProblem(parameters: readonly Parameter[], more: Partial<Problem> = {}): Problem {
  return { parameters, objectiveCount: 1, parallelTrialCount: 3, ...more }
}

/** One of each kind. */
export const everyKind = [
  double('lr', { min: '0.0001', max: '1', distribution: 'logUniform' }),
  int('layers', { min: '1', max: '9' }),
  categorical('optimizer', ['sgd', 'adam', 'rmsprop']),
  double('dropout', { min: '0', max: '0.5', step: '0.1' }),
  discrete('batch', ['16', '32', '64', '128']),
]

export function aCall(algorithmName: string, problem: Problem, more: Partial<SuggestCall> = {}): SuggestCall {
  const history: History = { finished: [], pending: [] }
  return { problem, algorithm: { algorithmName }, seed: 1, history, firstIndex: 0, count: 1, ...more }
}

/** Every answer tried and scored, `trialCount` in all, `parallel` at a time. `score` may give NaN: a failure. */
export function tried(
  call: SuggestCall,
  trialCount: number,
  score: (values: Readonly<Record<string, string>>, index: number) => number,
  parallel = 1,
): History {
  const space = createSpace(searchedProblem(call.problem, call.algorithm))
  let finished = [...call.history.finished]
  while (finished.length < trialCount) {
    const firstIndex = finished.length
    const count = Math.min(parallel, trialCount - firstIndex)
    const answer = suggestFor({ ...call, history: { finished, pending: [] }, firstIndex, count })
    if (answer.assignments.length === 0) break
    finished = finished.concat(answer.assignments.map(assignment => scored(space, assignment, score)))
  }
  return { finished, pending: [] }
}

export function scored(
  space: ReturnType<typeof createSpace>,
  assignment: SuggestAnswer['assignments'][number],
  score: (values: Readonly<Record<string, string>>, index: number) => number,
): History['finished'][number] {
  const values = valuesOf(assignment.parameterAssignments)
  const loss = score(values, assignment.index)
  const point = space.toPoint(values)
  if (!point) throw new Error(`not a point of the space: ${JSON.stringify(values)}`)
  return {
    index: assignment.index,
    labels: assignment.labels,
    point,
    outcome: Number.isFinite(loss) ? { is: 'completed', losses: [loss] } : { is: 'failed', because: 'diverged' },
  }
}

/** A space of 1 to 6 parameters of every type, step and distribution. */
export function aRandomProblem(seed: number): Problem {
  const rng = rngOf([seed, 1, 2, 3])
  const parameters = Array.from({ length: 1 + rng.integer(6) }, (_, i) => aRandomParameter(`p${i}`, rng))
  return aProblem(parameters)
}

function aRandomParameter(name: string, rng: Rng): Parameter {
  const distribution = (['uniform', 'logUniform', 'normal', 'logNormal'] as const)[rng.integer(4)]
  const low = distribution.startsWith('log') ? 10 ** -rng.integer(6) : -rng.integer(50)
  switch (rng.integer(6)) {
    case 0:
      return double(name, { min: String(low), max: String(low + 10 ** rng.integer(4)), distribution })
    case 1:
      return double(name, { min: String(low), max: String(low + 1), step: '0.1', distribution })
    case 2:
      return int(name, { min: String(Math.ceil(low)), max: String(Math.ceil(low) + rng.integer(40)), distribution })
    case 3:
      return int(name, {
        min: String(Math.ceil(low)),
        max: String(Math.ceil(low) + 30),
        step: String(1 + rng.integer(7)),
      })
    case 4:
      return discrete(name, ['1', '2.5', '10', '1e3'].slice(0, 1 + rng.integer(4)))
    default:
      return categorical(name, ['a', 'b', 'c', 'd', 'e'].slice(0, 1 + rng.integer(5)))
  }
}
