/** How many trials may run, fail and be made. */
import type { ExperimentSpec, SpecProblem } from '#api'
import { invalid } from './problem.ts'

export function validateBudgets(spec: ExperimentSpec): readonly SpecProblem[] {
  const { maxFailedTrialCount: failed, maxTrialCount: max, parallelTrialCount: parallel } = spec
  const problems: SpecProblem[] = []
  if (failed !== undefined && failed < 0) {
    problems.push(invalid('spec.maxFailedTrialCount', `expected 0 or more, got ${failed}`))
  }
  if (max !== undefined && max <= 0) problems.push(invalid('spec.maxTrialCount', `expected 1 or more, got ${max}`))
  if (parallel !== undefined && parallel <= 0) {
    problems.push(invalid('spec.parallelTrialCount', `expected 1 or more, got ${parallel}`))
  }
  if (max === undefined) return problems
  if (failed !== undefined && failed > max) {
    problems.push(
      invalid('spec.maxFailedTrialCount', `expected at most maxTrialCount (${max}), got ${failed}; lower it`),
    )
  }
  if (parallel !== undefined && parallel > max) {
    problems.push(
      invalid(
        'spec.parallelTrialCount',
        `expected at most maxTrialCount (${max}), got ${parallel}; set it to ${max} or less`,
      ),
    )
  }
  return problems
}
