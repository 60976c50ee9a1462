/** ConfigMaps that Experiments name as templates, from a cache that is filled from the first question on. */
import type { GetObject } from '#controller'
import type { Clock, Informers } from '#kube'
import { cachedObject } from './cached-object.ts'

export function cachedConfigMaps(informers: Informers, clock: Clock): GetObject {
  return async ({ apiVersion, kind, namespace, name }) => {
    if (apiVersion !== 'v1' || kind !== 'ConfigMap') throw new Error(`expected a ConfigMap, got ${apiVersion} ${kind}`)
    return cachedObject(informers.of({ apiVersion, kind }), { namespace, name }, clock)
  }
}
