/** The current state of every object as text, by kind: reads never reach the database. */
import { type Change, objectKey, type Page } from './change.ts'

interface Kind {
  readonly objects: Map<string, Change>
  /** By namespace and name; absent after an object came or went, made again by the next list. */
  sorted?: readonly Change[]
  /** Of the last change of any object of the kind. */
  revision: number
}

export class CurrentObjects {
  readonly #kinds = new Map<string, Kind>()

  get(kind: string, key: string): Change | undefined {
    return this.#kinds.get(kind)?.objects.get(key)
  }

  /** Makes a committed change current. */
  apply(change: Change): void {
    const kind = this.#kindOf(change.kind)
    const key = objectKey(change)
    kind.revision = Math.max(kind.revision, change.revision)
    if (change.type === 'DELETED') kind.objects.delete(key)
    else kind.objects.set(key, change)
    kind.sorted = undefined
  }

  /** True while the objects of a kind are still those of `revision`. */
  isUnchangedSince(kind: string, revision: number): boolean {
    return (this.#kinds.get(kind)?.revision ?? 0) <= revision
  }

  page(name: string, page: Page): { objects: readonly Change[]; remaining: number } {
    const kind = this.#kinds.get(name)
    if (kind === undefined) return { objects: [], remaining: 0 }
    kind.sorted ??= [...kind.objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change)
    return pageOf(kind.sorted, page)
  }

  #kindOf(name: string): Kind {
    let kind = this.#kinds.get(name)
    if (kind === undefined) {
      kind = { objects: new Map(), revision: 0 }
      this.#kinds.set(name, kind)
    }
    return kind
  }
}

/** The page of a list that is sorted by namespace and name. */
export function pageOf(sorted: readonly Change[], page: Page): { objects: readonly Change[]; remaining: number } {
  const after = page.after && objectKey(page.after)
  const rest = sorted.filter(
    object =>
      (page.namespace === undefined || object.namespace === page.namespace) &&
      (after === undefined || objectKey(object) > after),
  )
  const objects = rest.length > page.limit ? rest.slice(0, page.limit) : rest
  return { objects, remaining: rest.length - objects.length }
}
