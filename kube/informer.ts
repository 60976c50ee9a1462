/** A cache of one kind, kept by list and watch; what reconcilers read instead of asking the server. */
import type { Resource } from '#api'

export interface Informer<T extends Resource = Resource> {
  readonly type: { readonly apiVersion: string; readonly kind: string }
  /** Objects are shared and must not be changed. */
  get(namespace: string | undefined, name: string): T | undefined
  list(namespace?: string): readonly T[]
  /** Members of an index that was named when the informer was made, for example trials by experiment. */
  byIndex(index: string, value: string): readonly T[]
  /** Called after the cache changed. A throwing listener is logged and harms nobody. Disposing ends the subscription. */
  onChange(
    listener: (change: {
      readonly type: 'added' | 'modified' | 'deleted'
      readonly object: T
      readonly old?: T
    }) => void,
  ): Disposable
  /** The first list is in. A kind that has not been served for half a minute has no objects: that is a list as well. */
  readonly hasSynced: boolean
  /** Resolves once it has; rejects when the informers are closed before, or `signal` aborts. */
  synced(signal?: AbortSignal): Promise<void>
  /** The newest resourceVersion the cache has seen; for read-your-writes. */
  readonly resourceVersion: string
  /**
   * Offers an object this process just wrote; older versions of the same UID are ignored. One that is outside of the
   * namespace or that the selector does not match is none of this cache: what it was before is deleted from it.
   */
  offer(object: T): void
}

export interface InformerOptions<T extends Resource> {
  readonly namespace?: string
  readonly labelSelector?: string
  /** Index values of an object by index name, for `byIndex`. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>
}

/** One shared set of informers of a process: asked twice for the same kind and selector, it watches once. */
export interface Informers extends AsyncDisposable {
  /** Starts watching on first demand. Indexes named by a later caller are added. */
  of<T extends Resource>(type: { apiVersion: string; kind: string }, options?: InformerOptions<T>): Informer<T>
}
