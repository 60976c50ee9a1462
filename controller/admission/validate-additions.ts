/** Fields that Katib does not have; what they hold is the search's to judge. */
import type { ExperimentSpec, SpecProblem } from '#api'
import { forbidden } from './problem.ts'

/** Names kept for what is to come: a value there would be ignored in silence. */
const reserved = ['objectives', 'parameterConditions', 'warmStart'] as const

export function validateAdditions(spec: ExperimentSpec): readonly SpecProblem[] {
  const paths = reserved.filter(field => spec[field] !== undefined).map(field => `spec.${field}`)
  if (spec.earlyStopping?.rules !== undefined) paths.push('spec.earlyStopping.rules')
  return paths.map(path => forbidden(path, 'expected nothing, got a value; the field is reserved, remove it'))
}
