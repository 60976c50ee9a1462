/** Modifiers of GJSON paths: `@this`, `@reverse`, `@flatten:{"deep":true}`, ... */

import type { Budget } from './gjson-budget.ts'

type Modifier = (json: unknown, argument: string, budget: Budget) => unknown
type JsonObject = Readonly<Record<string, unknown>>

/** By name, as built into GJSON 1.14. `@pretty` and `@ugly` change spaces only, which a parsed value has none of. */
export const modifiers: ReadonlyMap<string, Modifier> = new Map<string, Modifier>([
  ['this', json => json],
  ['valid', json => json],
  ['pretty', json => json],
  ['ugly', json => json],
  ['reverse', reverse],
  [
    'flatten',
    (json, argument, budget) => {
      budget.spendTree(json)
      return Array.isArray(json) ? flatten(json, isSet(argument, 'deep')) : json
    },
  ],
  [
    'join',
    (json, argument) => (Array.isArray(json) && json.length > 0 ? join(json, isSet(argument, 'preserve')) : json),
  ],
  ['keys', json => (isObject(json) ? Object.keys(json) : json === undefined ? [] : listOf(json).map(() => null))],
  ['values', json => (isObject(json) ? Object.values(json) : json === undefined ? [] : listOf(json))],
  [
    'tostr',
    (json, _, budget) => {
      budget.spendTree(json)
      return json === undefined ? undefined : JSON.stringify(json)
    },
  ],
  ['fromstr', fromText],
  ['group', group],
])

export function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !JSON.isRawJSON(json)
}

function reverse(json: unknown): unknown {
  if (Array.isArray(json)) return json.toReversed()
  return isObject(json) ? Object.fromEntries(Object.entries(json).toReversed()) : json
}

function flatten(list: readonly unknown[], deep: boolean): unknown[] {
  return list.flatMap(item => {
    if (!Array.isArray(item)) return [item]
    return deep ? flatten(item, true) : item
  })
}

/** One object of many; later values win. GJSON's `preserve` keeps repeated keys, of which a reader sees the first. */
function join(list: readonly unknown[], preserve: boolean): JsonObject {
  const objects = list.filter(isObject)
  return Object.assign({}, ...(preserve ? objects.toReversed() : objects)) as JsonObject
}

/** `{"id":[1,2],"v":["a","b"]}` → `[{"id":1,"v":"a"},{"id":2,"v":"b"}]` */
function group(json: unknown): unknown {
  if (!isObject(json)) return undefined
  const rows: Record<string, unknown>[] = []
  for (const [key, values] of Object.entries(json)) {
    if (!Array.isArray(values)) continue
    values.forEach((value, i) => {
      rows[i] = { ...rows[i], [key]: value }
    })
  }
  return rows
}

/** What is no text comes back as it is. */
function fromText(json: unknown): unknown {
  if (typeof json !== 'string') return json
  try {
    return JSON.parse(json)
  } catch {
    // Text that holds no JSON has no value inside: the path does not exist.
    return undefined
  }
}

function isSet(argument: string, option: string): boolean {
  const options = fromText(argument)
  return isObject(options) && options[option] === true
}

function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [json]
}
