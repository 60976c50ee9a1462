/** Where the next page of a list begins, and at which revision the list stands. Opaque to clients. */
import { Compacted } from '../store.ts'
import type { Place } from './change.ts'

export function nextPage(at: number, last: Place): string {
  return Buffer.from(JSON.stringify([at, last.namespace, last.name])).toString('base64url')
}

/** Throws `Compacted` for a token that is not ours: the caller lists again, as with one that is too old. */
export function placeIn(token: string): { at: number; after: Place } {
  try {
    const [at, namespace, name] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    if (Number.isSafeInteger(at) && typeof namespace === 'string' && typeof name === 'string') {
      return { at: at as number, after: { namespace, name } }
    }
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
  }
  throw new Compacted('the continue token is none of this server; list again')
}
