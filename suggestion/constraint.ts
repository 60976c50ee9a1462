/** What a point must satisfy to be tried at all; compiled from spec.parameterConstraints before a search is asked. */
import type { SpecProblem } from '#api'
import type { Problem, Values } from './space.ts'

/** True where no constraint is broken by these values. A constraint that cannot be evaluated there counts as broken. */
export type Feasible = (values: Values) => boolean

/** `undefined`: the problem has no constraints, and nothing was loaded. */
export async function compileConstraints(problem: Problem): Promise<Feasible | undefined> {
  if (!problem.parameterConstraints?.length) return undefined
  const { compileExpressions } = await import('./constraint-expression.ts')
  return compileExpressions(problem)
}

/** Every constraint that cannot be read, for admission; `problemRefusal` leaves these out because reading them loads a parser. */
export async function constraintRefusal(problem: Problem): Promise<SpecProblem[]> {
  if (!problem.parameterConstraints?.length) return []
  const { expressionRefusal } = await import('./constraint-expression.ts')
  return expressionRefusal(problem)
}
