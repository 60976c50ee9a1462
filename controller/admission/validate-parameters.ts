/** What may vary. */
import { type ExperimentSpec, type Parameter, type SpecProblem, shown } from '#api'
import { duplicates, invalid, required } from './problem.ts'

const MAX_PARAMETERS = 256
const MAX_LIST_ITEMS = 10_000
const MAX_NAME_LENGTH = 253

export function validateParameters(spec: ExperimentSpec): readonly SpecProblem[] {
  const { parameters = [], nasConfig } = spec
  if (parameters.length === 0 && !nasConfig) {
    return [required('spec', 'expected parameters or nasConfig, got neither; list what may vary under spec.parameters')]
  }
  if (parameters.length > 0 && nasConfig) {
    return [invalid('spec', 'expected either parameters or nasConfig, got both; remove one of them')]
  }
  if (parameters.length > MAX_PARAMETERS) {
    return [invalid('spec.parameters', `expected at most ${MAX_PARAMETERS} parameters, got ${parameters.length}`)]
  }
  // The algorithm sets this one by itself: its bounds are not searched, and Katib's manifests make them equal.
  const resource = spec.algorithm?.algorithmSettings?.find(setting => setting.name === 'resource_name')?.value
  return [
    ...duplicates(
      parameters.map(parameter => parameter.name),
      i => `spec.parameters[${i}].name`,
    ),
    ...parameters.flatMap((parameter, i) =>
      validateParameter(parameter, `spec.parameters[${i}]`, parameter.name === resource),
    ),
  ]
}

function validateParameter(parameter: Parameter, path: string, isFixed: boolean): readonly SpecProblem[] {
  const { name, parameterType } = parameter
  const problems: SpecProblem[] = []
  if (name === '') problems.push(required(`${path}.name`, 'expected a name, got ""'))
  if (name.length > MAX_NAME_LENGTH) {
    problems.push(invalid(`${path}.name`, `expected at most ${MAX_NAME_LENGTH} characters, got ${name.length}`))
  }
  const isNumeric = parameterType === 'int' || parameterType === 'double'
  if (isNumeric) problems.push(...validateRange(parameter, `${path}.feasibleSpace`, isFixed))
  if (parameterType === 'discrete' || parameterType === 'categorical') {
    problems.push(...validateList(parameter, `${path}.feasibleSpace`))
  }
  return problems
}

/** Bounds of an int or double: two numbers, the smaller one first, and a step above 0. */
function validateRange(parameter: Parameter, path: string, isFixed: boolean): readonly SpecProblem[] {
  const { parameterType: type, feasibleSpace } = parameter
  const { min = '', max = '', step = '', list = [] } = feasibleSpace
  const problems: SpecProblem[] = []
  if (list.length > 0) {
    problems.push(
      invalid(`${path}.list`, `expected min and max for type ${type}, got a list; use discrete or categorical`),
    )
  }
  if (min === '')
    problems.push(required(`${path}.min`, `expected a number for type ${type}, got nothing; give min and max`))
  if (max === '')
    problems.push(required(`${path}.max`, `expected a number for type ${type}, got nothing; give min and max`))
  for (const [field, text] of Object.entries({ min, max, step })) {
    if (text !== '' && !isNumber(text, type)) problems.push(invalid(`${path}.${field}`, expectedNumber(type, text)))
  }
  const [low, high, increment] = [min, max, step].map(text => (isNumber(text, type) ? Number(text) : undefined))
  if (low !== undefined && high !== undefined && (low > high || (low === high && !isFixed))) {
    const advice = low > high ? 'swap them' : 'write the value into the template instead'
    problems.push(invalid(`${path}.min`, `expected a number below max (${max}), got ${shown(min)}; ${advice}`))
  }
  if (increment !== undefined && increment <= 0) {
    problems.push(invalid(`${path}.step`, `expected a number above 0, got ${shown(step)}`))
  }
  if (feasibleSpace.distribution?.startsWith('log') && low !== undefined && low <= 0) {
    problems.push(
      invalid(`${path}.min`, `expected a number above 0 for ${feasibleSpace.distribution}, got ${shown(min)}`),
    )
  }
  return problems
}

function validateList(parameter: Parameter, path: string): readonly SpecProblem[] {
  const { parameterType: type, feasibleSpace } = parameter
  const { min = '', max = '', step = '', list = [] } = feasibleSpace
  if (min !== '' || max !== '' || step !== '') {
    return [invalid(path, `expected only a list for type ${type}, got min, max or step; remove them`)]
  }
  if (list.length === 0) {
    return [required(`${path}.list`, `expected the values of type ${type}, got an empty list; list at least one`)]
  }
  if (list.length > MAX_LIST_ITEMS) {
    return [invalid(`${path}.list`, `expected at most ${MAX_LIST_ITEMS} values, got ${list.length}`)]
  }
  return []
}

/** Decimal numbers only: no hexadecimal, no infinity, no blanks. */
function isNumber(text: string, type: string): boolean {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return false
  return Number.isFinite(Number(text)) && (type !== 'int' || Number.isInteger(Number(text)))
}

function expectedNumber(type: string, text: string): string {
  return `expected ${type === 'int' ? 'an integer such as "3"' : 'a number such as "0.1"'}, got ${shown(text)}`
}
