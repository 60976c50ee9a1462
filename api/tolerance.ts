/** What clients write otherwise than they mean, put right before it is read. */

/**
 * A null field counts as absent, and so does an empty text where one word of a list is expected: typed clients write
 * both. Katib's Python SDK puts the values of a categorical parameter under `distribution` (kubeflow/katib#2625).
 */
export function asMeant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMeant)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([key, field]) => field !== null && !(field === '' && wordFields.has(key)))
  const fields = kept.map(([key, field]): [string, unknown] => {
    if (opaque.has(key)) return [key, field]
    return [key, key === 'feasibleSpace' ? withList(asMeant(field)) : asMeant(field)]
  })
  return Object.fromEntries(fields)
}

/** Free-form objects, kept as they are. */
const opaque: ReadonlySet<string> = new Set(['trialSpec', 'customCollector', 'metadata'])
/** Fields of one word of a list. */
const wordFields: ReadonlySet<string> = new Set(['resumePolicy', 'distribution', 'format', 'kind'])

function withList(space: unknown): unknown {
  if (!isObject(space) || !Array.isArray(space.distribution) || space.list !== undefined) return space
  const { distribution, ...rest } = space
  return { ...rest, list: distribution }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}
