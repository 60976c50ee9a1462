/**
 * The objects of all kinds in the store, and who must know when one has changed.
 *
 * Everything that changes an object, a request or the server's own housekeeping, goes through here, so listeners miss
 * nothing. They run after the change is durable and before whoever asked for it hears of it.
 */
import { ApiError, type Resource } from '#api'
import { Conflict, type ResourceStore, TooLarge } from '#store'
import { type ServedKind, storedRef } from './kinds/served-kind.ts'

export interface ObjectChange {
  readonly kind: ServedKind
  /** The state after it; of a deletion, the last one. */
  readonly object: Resource
  readonly old?: Resource
  readonly isGone: boolean
}

export class StoredObjects {
  readonly store: ResourceStore
  readonly #listeners: ((change: ObjectChange) => void)[] = []

  constructor(store: ResourceStore) {
    this.store = store
  }

  onChange(listener: (change: ObjectChange) => void): void {
    this.#listeners.push(listener)
  }

  /** Shared and frozen. */
  get(kind: ServedKind, namespace: string | undefined, name: string): Promise<Resource | undefined> {
    return this.store.get(storedRef(kind, namespace, name))
  }

  /** Throws `Conflict` when `old` is no longer the stored state; without `old` the object must not exist. */
  async put(kind: ServedKind, object: Resource, old: Resource | undefined): Promise<Resource> {
    const stored = await this.#stored(kind, object, old)
    this.#tell({ kind, object: stored, old, isGone: false })
    return stored
  }

  async remove(kind: ServedKind, object: Resource): Promise<Resource> {
    const { namespace, name } = object.metadata
    const last = await this.store.delete(storedRef(kind, namespace, name), versionOf(object) ?? '')
    this.#tell({ kind, object: last, old: object, isGone: true })
    return last
  }

  /** Every object of a kind, in pages, so that no list holds up the process. */
  async *all(kind: ServedKind, namespace?: string): AsyncIterable<Resource> {
    let next: string | undefined
    do {
      const page = await this.store.list(
        { group: storedRef(kind, '', '').group, kind: kind.kind },
        { namespace, limit: PAGE, continue: next },
      )
      yield* page.items
      next = page.continue
    } while (next !== undefined)
  }

  async #stored(kind: ServedKind, object: Resource, old: Resource | undefined): Promise<Resource> {
    const { namespace, name } = object.metadata
    try {
      return await this.store.put(storedRef(kind, namespace, name), object, versionOf(old) ?? 'absent')
    } catch (error) {
      if (error instanceof TooLarge) throw new ApiError(413, 'RequestEntityTooLarge', error.message)
      throw error
    }
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

const PAGE = 500
const versionOf = (object: Resource | undefined) => object?.metadata.resourceVersion

/** Runs `attempt` again, on a fresh reading, while other writers are faster. */
export async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Conflict) || tries >= MAX_TRIES) throw error
    }
  }
}
/** Each lost race means that another writer has won, so this many in a row do not happen to honest clients. */
const MAX_TRIES = 50
