/** When two specs mean the same, although different clients wrote them. */

/** Objects whose keys are the user's own, where an empty or missing field means something. */
const opaque: ReadonlySet<string> = new Set(['trialSpec', 'customCollector', 'initialTrials'])

/** Fields that Katib's clients know inside items of its lists; they drop any other when they send a list back. */
const katibItemFields: ReadonlySet<string> = new Set([
  ...['name', 'value', 'parameterType', 'feasibleSpace', 'max', 'min', 'list', 'step', 'distribution'],
  ...['description', 'reference', 'operationType', 'parameters'],
])

/**
 * Empty text, false, an empty list or object and null count as absent, as typed clients leave them out. Inside items of
 * lists a field that Katib does not know may be missing from `next`. Numbers kept digit by digit are compared so.
 */
export function meansTheSame(next: unknown, old: unknown): boolean {
  return same(next, old, false)
}

function same(next: unknown, old: unknown, inItem: boolean): boolean {
  if (isBlank(next) && isBlank(old)) return true
  if (Array.isArray(next) && Array.isArray(old)) {
    return next.length === old.length && next.every((item, i) => same(item, old[i], true))
  }
  if (!isObject(next) || !isObject(old)) return isIdentical(next, old)
  const keys = new Set([...Object.keys(next), ...Object.keys(old)])
  return [...keys].every(key => {
    if (opaque.has(key)) return isIdentical(next[key], old[key])
    if (inItem && !(key in next) && !katibItemFields.has(key)) return true
    return same(next[key], old[key], inItem)
  })
}

/** Equal field by field; the order of keys does not matter. */
export function isIdentical(next: unknown, old: unknown): boolean {
  if (Array.isArray(next) && Array.isArray(old)) {
    return next.length === old.length && next.every((item, i) => isIdentical(item, old[i]))
  }
  if (isObject(next) && isObject(old)) {
    const keys = Object.keys(next)
    return (
      keys.length === Object.keys(old).length &&
      keys.every(key => Object.hasOwn(old, key) && isIdentical(next[key], old[key]))
    )
  }
  return JSON.isRawJSON(next) && JSON.isRawJSON(old) ? next.rawJSON === old.rawJSON : Object.is(next, old)
}

function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return Object.values(value).every(isBlank)
  return value === undefined || value === null || value === '' || value === false
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}
