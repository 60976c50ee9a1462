/** ConfigMaps that Experiments name as templates, from a cache: a webhook asks the API server nothing while it is asked. */
import type { Resource } from '#api'
import type { GetObject } from '#controller'
import type { Clock, Informers } from '#kube'

/** Watches from the first question on. One that was made a moment ago, as by the same `kubectl apply`, is waited for. */
export function cachedConfigMaps(informers: Informers, clock: Clock): GetObject {
  return async ({ apiVersion, kind, namespace, name }) => {
    if (apiVersion !== 'v1' || kind !== 'ConfigMap') throw new Error(`expected a ConfigMap, got ${apiVersion} ${kind}`)
    const cache = informers.of<Resource>({ apiVersion, kind })
    await cache.synced(AbortSignal.timeout(FIRST_LIST_MS))
    return cache.get(namespace, name) ?? arriving()

    async function arriving(): Promise<Resource | undefined> {
      const found = Promise.withResolvers<Resource>()
      const { promise: gaveUp, resolve } = Promise.withResolvers<undefined>()
      using _change = cache.onChange(() => {
        const object = cache.get(namespace, name)
        if (object) found.resolve(object)
      })
      using _late = clock.after(ARRIVAL_MS, () => resolve(undefined))
      return await Promise.race([found.promise, gaveUp])
    }
  }
}

/** Within the five seconds that the API server gives a webhook. */
const FIRST_LIST_MS = 3_000
const ARRIVAL_MS = 1_000
