/** What a service that is not ours answers, held against what it was asked: so many assignments, each of the search space. */
import { finiteNumber, type Parameter, type ParameterAssignment, shown } from '#api'
import type { GetSuggestionsReply, NamedValue } from './messages.ts'

export interface ForeignAssignment {
  readonly parameterAssignments: readonly ParameterAssignment[]
  readonly labels: Readonly<Record<string, string>>
}

/** Throws Error that lists what is wrong: nothing of a reply that is partly wrong is used. */
export function checkedAssignments(
  { parameterAssignments: replies }: GetSuggestionsReply,
  parameters: readonly Parameter[],
  count: number,
): readonly ForeignAssignment[] {
  const problems = replies.flatMap((reply, i) => [
    ...valueProblems(reply.assignments, parameters, `parameter_assignments[${i}]`),
    ...labelProblems(reply.labels, `parameter_assignments[${i}].labels`),
  ])
  if (replies.length !== count)
    problems.unshift(`parameter_assignments: expected ${count}, as many as asked for, got ${replies.length}`)
  if (problems.length > 0) throw new Error(`its reply is not used: ${listed(problems)}`)
  return replies.map(({ assignments, labels }) => ({ parameterAssignments: inOrder(assignments, parameters), labels }))
}

function valueProblems(values: readonly NamedValue[], parameters: readonly Parameter[], path: string): string[] {
  const problems = parameters.flatMap(parameter => {
    const given = values.filter(({ name }) => name === parameter.name)
    const [first] = given
    if (first === undefined || given.length > 1)
      return [`${path}: expected ${parameter.name} once, got it ${given.length} times`]
    const expected = expectation(parameter, first.value)
    return expected === undefined ? [] : [`${path}.${parameter.name}: expected ${expected}, got ${shown(first.value)}`]
  })
  const strangers = values.filter(({ name }) => !parameters.some(parameter => parameter.name === name))
  return [...problems, ...strangers.map(({ name }) => `${path}: there is no parameter ${shown(name)}`)]
}

/** What the value should have been; undefined: it is of the space. */
function expectation({ parameterType, feasibleSpace }: Parameter, text: string): string | undefined {
  const { min, max, list = [] } = feasibleSpace
  const value = finiteNumber(text)
  if (parameterType === 'categorical' || parameterType === 'discrete') {
    const isListed =
      list.includes(text) ||
      (parameterType === 'discrete' && value !== undefined && list.some(each => Number(each) === value))
    return isListed ? undefined : `one of ${list.slice(0, 10).join(', ')}`
  }
  const [low, high] = [finiteNumber(min ?? ''), finiteNumber(max ?? '')]
  const isInside =
    value !== undefined &&
    (low === undefined || value >= low - slack(low, high)) &&
    (high === undefined || value <= high + slack(low, high))
  const isOfType = parameterType !== 'int' || (value !== undefined && Number.isInteger(value))
  return isInside && isOfType
    ? undefined
    : `${parameterType === 'int' ? 'an integer' : 'a number'} from ${min} to ${max}`
}

/** Services compute with doubles, and print them: a bound may be missed by a rounding. */
const slack = (low = 0, high = 0) => 1e-9 * Math.max(Math.abs(low), Math.abs(high))

/** They become labels of a Trial. */
function labelProblems(labels: Readonly<Record<string, string>>, path: string): string[] {
  return Object.entries(labels)
    .filter(([key, value]) => !KEY.test(key) || key.length > 253 + 64 || (value !== '' && !NAME.test(value)))
    .map(([key, value]) => `${path}: ${shown(key)}: ${shown(value)} cannot be a label of Kubernetes`)
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

function inOrder(values: readonly NamedValue[], parameters: readonly Parameter[]): readonly ParameterAssignment[] {
  return parameters.map(({ name }) => ({ name, value: values.find(each => each.name === name)?.value ?? '' }))
}

const MAX_LISTED = 5

function listed(problems: readonly string[]): string {
  const rest = problems.length - MAX_LISTED
  return `${problems.slice(0, MAX_LISTED).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`
}
