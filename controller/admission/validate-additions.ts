/** Fields that Katib does not have. */
import { type ExperimentSpec, type Parameter, type SpecProblem, shown } from '#api'
import { suggestion } from './nearest.ts'
import { forbidden, invalid } from './problem.ts'

/** Names kept for what is to come: a value there would be ignored in silence. */
const reserved = ['objectives', 'parameterConditions', 'warmStart'] as const

export function validateAdditions(spec: ExperimentSpec): readonly SpecProblem[] {
  const kept = reserved
    .filter(field => spec[field] !== undefined)
    .map(field => forbidden(`spec.${field}`, 'expected nothing, got a value; the field is reserved, remove it'))
  const rules = spec.earlyStopping?.rules
  return [
    ...kept,
    ...(rules === undefined
      ? []
      : [forbidden('spec.earlyStopping.rules', 'expected nothing, got a value; the field is reserved, remove it')]),
    ...(spec.initialTrials ?? []).flatMap((trial, i) => validateInitialTrial(trial, i, spec.parameters ?? [])),
  ]
}

/** What the user wants tried first must lie in the space. */
function validateInitialTrial(
  trial: Readonly<Record<string, string>>,
  i: number,
  parameters: readonly Parameter[],
): readonly SpecProblem[] {
  const names = parameters.map(parameter => parameter.name)
  return Object.entries(trial).flatMap(([name, value]) => {
    const path = `spec.initialTrials[${i}].${name}`
    const parameter = parameters.find(one => one.name === name)
    if (!parameter) {
      return [invalid(path, `expected the name of a parameter, got ${shown(name)}${suggestion(name, names)}`)]
    }
    const expected = expectedValue(parameter, value)
    return expected === undefined ? [] : [invalid(path, `expected ${expected}, got ${shown(value)}`)]
  })
}

/** Undefined: the value lies in the parameter's space. */
function expectedValue(parameter: Parameter, value: string): string | undefined {
  const { min = '', max = '', list } = parameter.feasibleSpace
  if (parameter.parameterType !== 'int' && parameter.parameterType !== 'double') {
    return list === undefined || list.includes(value) ? undefined : `one of ${list.slice(0, 10).join(', ')}`
  }
  const number = value.trim() === '' ? Number.NaN : Number(value)
  const isWhole = parameter.parameterType === 'double' || Number.isInteger(number)
  // Bounds that are no numbers are complained about elsewhere: NaN compares as neither below nor above.
  const isInside = !(number < Number(min)) && !(number > Number(max)) && Number.isFinite(number)
  if (isInside && isWhole) return undefined
  return `${isWhole ? 'a number' : 'an integer'} from ${min} to ${max}`
}
