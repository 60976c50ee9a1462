/** An object read, filled in and judged: what admission and every later read of a stored Experiment share. */
import { covers, type Experiment, parseExperiment, type SpecProblem } from '#api'
import { defaultExperiment } from './default.ts'
import type { ValidationContext } from './knowledge.ts'
import { validateExperiment } from './validate.ts'

export interface Examined {
  /** Defaulted; with placeholders where it could not be read; undefined: nothing can be made of it. */
  readonly experiment: Experiment | undefined
  /** Empty: `experiment` is as it was written, and sound. */
  readonly problems: readonly SpecProblem[]
}

/** Pure. Problems of spelling first, then those of meaning wherever the spelling lets them be seen. */
export function examineExperiment(object: unknown, context: ValidationContext): Examined {
  const { experiment, problems } = parseExperiment(object)
  if (!experiment) return { experiment, problems: atMost(MAX_PROBLEMS, problems) }
  const defaulted = defaultExperiment(experiment)
  // What could not be read was replaced, so nothing else said about that place is true.
  const found = validateExperiment(defaulted, context).filter(
    ({ path }) => !problems.some(problem => covers(problem.path, path)),
  )
  return { experiment: defaulted, problems: atMost(MAX_PROBLEMS, [...problems, ...found]) }
}

/** More are of one cause, and an answer has to stay readable. */
const MAX_PROBLEMS = 200

function atMost(count: number, problems: readonly SpecProblem[]): readonly SpecProblem[] {
  if (problems.length <= count) return problems
  const rest = problems.length - count
  return [...problems.slice(0, count), { path: 'spec', reason: 'Invalid', message: `there are ${rest} more problems` }]
}
