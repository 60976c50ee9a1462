/** Fields that Katib does not have; what they hold is the search's to judge. */
import type { ExperimentSpec, SpecProblem } from '#api'
import { forbidden } from './problem.ts'

/** Names kept for what is to come: a value there would be ignored in silence. */
const reserved = ['objectives', 'parameterConditions', 'warmStart'] as const

export function validateAdditions(spec: ExperimentSpec): readonly SpecProblem[] {
  const fields = reserved.filter(field => spec[field] !== undefined)
  return fields.map(field =>
    forbidden(`spec.${field}`, 'expected nothing, got a value; the field is reserved, remove it'),
  )
}
