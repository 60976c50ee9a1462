/** The difference of two JSON values as a JSON patch (RFC 6902): what an admission webhook answers instead of the object. */
import { isDeepStrictEqual } from 'node:util'

export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/**
 * Operations that turn `from` into `to`, in an order that can be applied; what is equal is not named, so a number that only
 * the sender can hold exactly stays as it was. Members that are undefined count as absent. Lists of another length are replaced.
 */
export function jsonPatch(from: unknown, to: unknown, path = ''): readonly PatchOperation[] {
  if (isDeepStrictEqual(from, to)) return []
  if (isRecord(from) && isRecord(to)) return patchOfRecords(from, to, path)
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length)
    return from.flatMap((item, i) => jsonPatch(item, to[i], `${path}/${i}`))
  return [{ op: 'replace', path, value: to }]
}

function patchOfRecords(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  path: string,
): readonly PatchOperation[] {
  const removed = Object.keys(from).filter(key => from[key] !== undefined && to[key] === undefined)
  const kept = Object.entries(to).filter(([, value]) => value !== undefined)
  return [
    ...removed.map(key => ({ op: 'remove' as const, path: below(path, key) })),
    ...kept.flatMap(([key, value]) =>
      from[key] === undefined
        ? [{ op: 'add' as const, path: below(path, key), value }]
        : jsonPatch(from[key], value, below(path, key)),
    ),
  ]
}

/** A JSON pointer (RFC 6901) one step further. */
const below = (path: string, key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Raw JSON, which stands for a large integer, is a value and no record. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}
