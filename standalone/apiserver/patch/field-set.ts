/** Sets of fields as managedFields spell them (FieldsV1): `f:name`, `k:{"name":"x"}`, `v:"x"`, and `.` for an item itself. */

/** A leaf is a member; an inner node is one only by its `.`. */
export interface FieldSet {
  readonly [step: string]: FieldSet
}

const leaf: FieldSet = {}
const isLeaf = (set: FieldSet) => Object.keys(set).length === 0

export function union(left: FieldSet, right: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = { ...left }
  for (const [step, child] of Object.entries(right)) {
    result[step] = Object.hasOwn(result, step) ? union(result[step], child) : child
  }
  return result
}

/** What is in both. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {}
  for (const [step, child] of Object.entries(left)) {
    if (!Object.hasOwn(right, step)) continue
    if (isLeaf(child) && isLeaf(right[step])) result[step] = leaf
    else {
      const both = intersection(child, right[step])
      if (!isLeaf(both)) result[step] = both
    }
  }
  return result
}

/** What is in `left` alone. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {}
  for (const [step, child] of Object.entries(left)) {
    if (!Object.hasOwn(right, step)) result[step] = child
    else if (!isLeaf(child)) {
      const rest = difference(child, right[step])
      if (!isLeaf(rest)) result[step] = rest
    }
  }
  return result
}

/** Members as paths, `.spec.containers[name="a"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  return Object.entries(set).flatMap(([step, child]) => {
    const path = step === '.' ? prefix : `${prefix}${stepText(step)}`
    return isLeaf(child) ? [path] : pathsOf(child, path)
  })
}

function stepText(step: string): string {
  const text = step.slice(2)
  if (step.startsWith('f:')) return `.${text}`
  if (step.startsWith('v:')) return `[=${text}]`
  const keys = Object.entries(JSON.parse(text) as Record<string, unknown>)
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
}

export const emptySet = leaf
export const isEmpty = isLeaf
