/**
 * What `search.categorical()` of Katib's SDK 0.19 sends: the values stand where the distribution belongs
 * (github.com/kubeflow/katib/issues/2625). Read as what was meant, before any schema is asked.
 */
import type { Resource } from '#api'

/** The same object where nothing is misplaced. Numbers become the text that they were written as; nothing else is judged. */
export function withListsInPlace<T extends Resource>(object: T): T {
  const spec = object.spec as Fields | null | undefined
  const parameters = spec?.parameters
  if (!Array.isArray(parameters) || !parameters.some(isMisplaced)) return object
  return {
    ...object,
    spec: { ...spec, parameters: parameters.map(each => (isMisplaced(each) ? inPlace(each) : each)) },
  }
}

type Fields = Readonly<Record<string, unknown>>
type Misplaced = Fields & { readonly feasibleSpace: { readonly distribution: readonly unknown[] } }

function isMisplaced(parameter: unknown): parameter is Misplaced {
  const { parameterType, feasibleSpace } = (parameter ?? {}) as Fields
  const { distribution, list } = (feasibleSpace ?? {}) as Fields
  return parameterType === 'categorical' && Array.isArray(distribution) && list === undefined
}

function inPlace({ feasibleSpace, ...parameter }: Misplaced): Fields {
  const { distribution, ...space } = feasibleSpace
  return { ...parameter, feasibleSpace: { ...space, list: distribution.map(value => asText(value)) } }
}

const asText = (value: unknown) => (typeof value === 'number' ? String(value) : value)
