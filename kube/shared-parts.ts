/** Objects of one kind are alike: what a new one has in common with one that is there need not be kept twice. */

/**
 * `known` where both are equal; else `value`, in which parts that are equal to the same part of `known` are now those of `known`:
 * texts, lists and objects. What is frozen is left as it is.
 */
export function shareParts<T>(value: T, known: unknown): T
export function shareParts(value: unknown, known: unknown): unknown {
  // Of two equal texts the first one's memory is kept.
  if (value === known) return known
  if (!isRecord(value) || !isRecord(known) || Object.isFrozen(value)) return value
  if (Array.isArray(value) !== Array.isArray(known)) return value
  const keys = Object.keys(value)
  let isEqual = keys.length === Object.keys(known).length
  for (const key of keys) {
    if (!Object.hasOwn(known, key)) {
      isEqual = false
      continue
    }
    const part = shareParts(value[key], known[key])
    if (part !== known[key]) isEqual = false
    value[key] = part
  }
  return isEqual ? known : value
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
