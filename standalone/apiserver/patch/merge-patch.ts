/** JSON merge patch (RFC 7396). */
import { isObject, type Json } from '../request/request-body.ts'

/** A value that shares what is unchanged with `target`, which stays as it is. Null removes; lists are replaced whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Json = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value)
  }
  return result
}
