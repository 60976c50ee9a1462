/** Every kind a trial can be. Another kind is one more file and one more line here. */
import { genericKind } from './generic.ts'
import { job } from './job.ts'
import type { Kind } from './kind.ts'
import { pod } from './pod.ts'

const kinds: readonly Kind[] = [job, pod]

/** The kind of this object; one that is not in the registry is served by its conditions alone. */
export function kindOf(object: { readonly apiVersion: string; readonly kind: string }): Kind {
  const { apiVersion, kind } = object
  return kinds.find(one => one.apiVersion === apiVersion && one.kind === kind) ?? genericKind(apiVersion, kind)
}
