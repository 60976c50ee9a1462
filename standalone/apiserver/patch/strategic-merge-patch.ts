/**
 * Kubernetes' strategic merge patch: as a merge patch, but lists whose items have a key merge item by item.
 *
 * Directives: `$patch: replace | delete | merge` in an object or a list item, `$deleteFromPrimitiveList/FIELD`,
 * `$setElementOrder/FIELD` and `$retainKeys`.
 */
import { isDeepStrictEqual } from 'node:util'
import { badRequest } from '../request/refusal.ts'
import { isObject, type Json } from '../request/request-body.ts'
import { mergeKey, primitiveSets } from './merge-keys.ts'

/** A value that shares what is unchanged with `target`, which stays as it is. */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  return merged(target, patch, '')
}

function merged(target: unknown, patch: unknown, parent: string): unknown {
  if (!isObject(patch)) return patch
  const { $patch: directive, $retainKeys: retained, ...fields } = patch
  if (directive === 'replace') return plain(fields)
  if (directive === 'delete') return {}
  const base: Json = isObject(target) ? target : {}
  const result: Json = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(base).filter(([key]) => retained.includes(key)))
    : { ...base }
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith('$')) continue
    if (value === null) delete result[key]
    else result[key] = field(key, parent, Object.hasOwn(result, key) ? result[key] : undefined, value)
  }
  for (const [key, value] of Object.entries(fields)) {
    const [directiveName, name] = key.split('/', 2)
    if (!key.startsWith('$') || name === undefined || !Array.isArray(value)) continue
    const list = Array.isArray(result[name]) ? (result[name] as unknown[]) : []
    if (directiveName === '$deleteFromPrimitiveList') result[name] = list.filter(item => !value.includes(item))
    if (directiveName === '$setElementOrder') result[name] = ordered(list, value, mergeKey(name, parent))
  }
  return result
}

function field(name: string, parent: string, current: unknown, value: unknown): unknown {
  if (!Array.isArray(value)) return merged(current, value, name)
  const key = mergeKey(name, parent)
  const list = Array.isArray(current) ? current : []
  if (key !== undefined) return mergedList(list, value, key, name)
  if (primitiveSets.has(name)) return [...new Set([...list, ...value])]
  return value.map(plain)
}

function mergedList(current: readonly unknown[], patch: readonly unknown[], key: string, name: string): unknown[] {
  if (patch.some(item => isObject(item) && item.$patch === 'replace'))
    return patch.filter(item => !(isObject(item) && item.$patch === 'replace')).map(plain)
  const result = [...current]
  for (const item of patch) {
    if (!isObject(item) || !Object.hasOwn(item, key))
      throw badRequest(`an item of ${name} in a strategic merge patch needs its key ${key}`)
    const at = result.findIndex(one => isObject(one) && isDeepStrictEqual(one[key], item[key]))
    if (item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1)
    } else if (at >= 0) result[at] = merged(result[at], item, '')
    else result.push(merged(undefined, item, ''))
  }
  return result
}

/** Items of `order` in that order; strangers keep their place behind the item they followed. */
function ordered(list: readonly unknown[], order: readonly unknown[], key: string | undefined): unknown[] {
  const place = (item: unknown) =>
    order.findIndex(wanted =>
      key === undefined
        ? wanted === item
        : isObject(wanted) && isObject(item) && isDeepStrictEqual(wanted[key], item[key]),
    )
  const known = list.filter(item => place(item) >= 0).sort((left, right) => place(left) - place(right))
  const result = [...known]
  for (const [i, item] of list.entries()) {
    if (place(item) >= 0) continue
    const before = list[i - 1]
    result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, item)
  }
  return result
}

/** A value that replaces another carries no directives. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(item => !(isObject(item) && item.$patch === 'delete')).map(plain)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key.startsWith('$') || item === null ? [] : [[key, plain(item)]])),
  )
}
