/** The informers of a process: a cache per kind and selector, fed by a reflector. */
import type { Resource } from '#api'
import type { Clock } from './clock.ts'
import type { Informer, InformerOptions, Informers } from './informer.ts'
import { ObjectCache, type Scope } from './object-cache.ts'
import { reflect } from './reflector.ts'
import type { Type } from './resource-path.ts'
import type { Transport } from './transport.ts'

export interface InformersOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** In [0, 1). Default Math.random: only waits are jittered with it. */
  random?(): number
  /** Of every cache that names none itself; absent: all. */
  readonly namespace?: string
  log(line: string): void
}

export function createInformers(options: InformersOptions): Informers {
  const caches = new Map<string, ObjectCache>()
  const closing = new AbortController()
  const running: Promise<void>[] = []
  return {
    of<T extends Resource>(type: Type, asked: InformerOptions<T> = {}): Informer<T> {
      const scope = options.namespace === undefined ? asked : { namespace: options.namespace, ...asked }
      const key = [type.apiVersion, type.kind, scope.namespace ?? '', scope.labelSelector ?? ''].join('|')
      let cache = caches.get(key)
      if (!cache) {
        cache = new ObjectCache(type, scope, options.log)
        caches.set(key, cache)
        running.push(start(cache, options, scope, closing.signal))
      }
      // Every object of this cache is of the kind that the caller named; T is the caller's word for it.
      cache.addIndexes((scope.indexes ?? {}) as NonNullable<InformerOptions<Resource>['indexes']>)
      return cache as unknown as Informer<T>
    },
    async [Symbol.asyncDispose]() {
      const closed = new Error('the informers are closed')
      closing.abort(closed)
      for (const cache of caches.values()) cache.close(closed)
      await Promise.all(running)
    },
  }
}

function start(cache: ObjectCache, options: InformersOptions, scope: Scope, signal: AbortSignal): Promise<void> {
  const { transport, clock, log, random = Math.random } = options
  return reflect(
    {
      transport,
      clock,
      log,
      random,
      type: cache.type,
      ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
      ...(scope.labelSelector === undefined ? {} : { labelSelector: scope.labelSelector }),
      onUnserved: () => cache.settle(),
      onList: (items, resourceVersion) => cache.replaceAll(items, resourceVersion),
      onEvent: event => (event.type === 'DELETED' ? cache.remove(event.object) : cache.put(event.object)),
      onBookmark: resourceVersion => cache.moveTo(resourceVersion),
    },
    signal,
  )
}
