/** Objects from a cache, for those who may ask the API server nothing while they are asked. */
import type { Resource } from '#api'
import type { Clock, Informer } from '#kube'

/**
 * Undefined: there is none. One that was made a moment ago, as by the same `kubectl apply`, is waited for. Rejects where the
 * first list does not come in time.
 */
export async function cachedObject<T extends Resource>(
  cache: Informer<T>,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
  clock: Clock,
): Promise<T | undefined> {
  await cache.synced(AbortSignal.timeout(FIRST_LIST_MS))
  const there = cache.get(namespace, name)
  if (there) return there
  const found = Promise.withResolvers<T | undefined>()
  using _change = cache.onChange(() => {
    const object = cache.get(namespace, name)
    if (object) found.resolve(object)
  })
  using _late = clock.after(ARRIVAL_MS, () => found.resolve(undefined))
  return await found.promise
}

/** Within the five seconds that the API server gives a webhook. */
const FIRST_LIST_MS = 3_000
const ARRIVAL_MS = 1_000
