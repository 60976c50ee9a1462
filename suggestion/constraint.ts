/** What a point must satisfy to be tried at all; compiled from spec.parameterConstraints before a search is asked. */
import type { SpecProblem } from '#api'
import type { Feasible } from './feasible.ts'
import type { Problem } from './space.ts'

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
