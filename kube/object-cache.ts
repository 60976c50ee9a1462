/** What an informer knows: the objects of one kind, namespace and selector, with their indexes and their listeners. */
import type { Resource } from '#api'
import type { Informer, InformerOptions } from './informer.ts'
import type { Type } from './resource-path.ts'
import { labelSelector } from './selector.ts'
import { shareParts } from './shared-parts.ts'

/** What a cache holds of its kind. */
export type Scope = Pick<InformerOptions<Resource>, 'namespace' | 'labelSelector'>
type Listener = Parameters<Informer['onChange']>[0]
type Indexer = (object: Resource) => readonly string[]

export class ObjectCache implements Informer {
  readonly type: Type
  readonly #log: (line: string) => void
  readonly #holds: (object: Resource) => boolean
  readonly #objects = new Map<string, Resource>()
  /** UIDs deleted lately: a late event or offer of one must not bring it back. */
  readonly #buried = new Map<string, string>()
  readonly #indexers = new Map<string, Indexer>()
  readonly #indexes = new Map<string, Map<string, Map<string, Resource>>>()
  readonly #listeners = new Set<Listener>()
  /** The object that entered last. */
  #last: Resource | undefined
  readonly #firstList = Promise.withResolvers<void>()
  #hasListed = false
  #version = '0'

  constructor(type: Type, { namespace, labelSelector: selector = '' }: Scope, log: (line: string) => void) {
    const selects = labelSelector(selector)
    this.type = type
    this.#log = log
    this.#holds = ({ metadata }) => (!namespace || metadata.namespace === namespace) && selects(metadata.labels)
    // Somebody or nobody waits for it.
    this.#firstList.promise.catch(() => {})
  }

  get resourceVersion(): string {
    return this.#version
  }

  get(namespace: string | undefined, name: string): Resource | undefined {
    return this.#objects.get(`${namespace ?? ''}/${name}`)
  }

  list(namespace?: string): readonly Resource[] {
    const all = [...this.#objects.values()]
    return namespace === undefined ? all : all.filter(object => object.metadata.namespace === namespace)
  }

  byIndex(index: string, value: string): readonly Resource[] {
    const members = this.#indexes.get(index)
    if (!members) throw new Error(`the informer of ${this.type.kind} has no index ${index}`)
    return [...(members.get(value)?.values() ?? [])]
  }

  onChange(listener: Listener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  get hasSynced(): boolean {
    return this.#hasListed
  }

  /** Nobody serves the kind: there is nothing to wait for. */
  settle(): void {
    this.#hasListed = true
    this.#firstList.resolve()
  }

  synced(signal?: AbortSignal): Promise<void> {
    if (!signal || this.#hasListed) return this.#firstList.promise
    const { promise, reject } = Promise.withResolvers<void>()
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    return Promise.race([this.#firstList.promise, promise]).finally(() => signal.removeEventListener('abort', onAbort))
  }

  close(reason: Error): void {
    this.#firstList.reject(reason)
  }

  offer(object: Resource): void {
    if (this.#holds(object)) {
      this.put(object, false)
      return
    }
    const old = this.#objects.get(keyOf(object))
    const mayBeLate = isLater(object.metadata.resourceVersion ?? '0', this.#version)
    if (old ? isNewer(object, old) : mayBeLate) this.remove(object, false)
  }

  addIndexes(indexers: Readonly<Record<string, Indexer>>): void {
    for (const [name, indexer] of Object.entries(indexers)) {
      if (this.#indexers.has(name)) continue
      this.#indexers.set(name, indexer)
      this.#indexes.set(name, new Map())
      for (const object of this.#objects.values()) this.#index(name, indexer, object)
    }
  }

  replaceAll(items: readonly Resource[], resourceVersion: string): void {
    // What was offered after the list was made is not in it, and not gone.
    const isOlder = (object: Resource) => !isLater(object.metadata.resourceVersion ?? '0', resourceVersion)
    const present = new Set(items.map(keyOf))
    for (const [key, object] of this.#objects) if (!present.has(key) && isOlder(object)) this.remove(object)
    for (const item of items) this.put(item)
    this.moveTo(resourceVersion)
    this.#hasListed = true
    this.#firstList.resolve()
  }

  put(offered: Resource, moves = true): void {
    const object = withoutManagers(offered)
    const key = keyOf(object)
    const old = this.#objects.get(key)
    if (moves) this.moveTo(object.metadata.resourceVersion)
    if (this.#isBuried(object)) return
    if (old && !isNewer(object, old)) return
    const isSame = old?.metadata.uid === object.metadata.uid
    // Another object under the same name: the first one is gone, whether its end was seen or not.
    if (old && !isSame) this.remove(old)
    if (old && isSame) this.#unindex(old)
    this.#last = shareParts(object, this.#last)
    this.#objects.set(key, object)
    for (const [name, indexer] of this.#indexers) this.#index(name, indexer, object)
    this.#tell(old && isSame ? { type: 'modified', object, old } : { type: 'added', object })
  }

  remove(object: Resource, moves = true): void {
    if (moves) this.moveTo(object.metadata.resourceVersion)
    const old = this.#objects.get(keyOf(object))
    this.#bury(object)
    if (!old || old.metadata.uid !== object.metadata.uid) return
    this.#objects.delete(keyOf(object))
    this.#unindex(old)
    this.#tell({ type: 'deleted', object, old })
  }

  moveTo(version: string | undefined): void {
    if (version !== undefined && isLater(version, this.#version)) this.#version = version
  }

  #bury({ metadata }: Resource): void {
    if (metadata.uid === undefined) return
    this.#buried.set(metadata.uid, metadata.resourceVersion ?? '0')
    if (this.#buried.size > 10_000) this.#buried.delete(this.#buried.keys().next().value as string)
  }

  /** What left the selector and came back is newer than its burial. */
  #isBuried({ metadata }: Resource): boolean {
    const at = this.#buried.get(metadata.uid ?? '')
    return at !== undefined && !isLater(metadata.resourceVersion ?? '0', at)
  }

  #index(name: string, indexer: Indexer, object: Resource): void {
    const members = this.#indexes.get(name) as Map<string, Map<string, Resource>>
    for (const value of indexer(object)) {
      const entry = members.get(value) ?? new Map<string, Resource>()
      members.set(value, entry.set(keyOf(object), object))
    }
  }

  #unindex(object: Resource): void {
    for (const [name, indexer] of this.#indexers) {
      const members = this.#indexes.get(name)
      for (const value of indexer(object)) {
        const entry = members?.get(value)
        entry?.delete(keyOf(object))
        if (entry?.size === 0) members?.delete(value)
      }
    }
  }

  #tell(change: Parameters<Listener>[0]): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#log(`a listener of ${this.type.kind} threw: ${(error as Error).stack ?? error}`)
      }
    }
  }
}

/**
 * Who wrote which field is nobody's question here and a third of most objects. A server takes its absence in a PUT for no change.
 */
function withoutManagers(object: Resource): Resource {
  if (object.metadata.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

const keyOf = ({ metadata }: Resource) => `${metadata.namespace ?? ''}/${metadata.name}`
const isNewer = (a: Resource, b: Resource) =>
  isLater(a.metadata.resourceVersion ?? '0', b.metadata.resourceVersion ?? '0')

/** Versions of one server are decimal numbers that grow; they are compared by length, then as text, since they may pass 2^53. */
function isLater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}
