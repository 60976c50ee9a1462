/** One thing that a migration does to one object, as data: shown by a dry run, carried out otherwise. */
import type { Resource, ResourceRef } from '#api'
import type { WritingClient } from '#kube'

export type Step = { readonly what: string; readonly ref: ResourceRef } & (
  | { readonly is: 'patch'; readonly patch: object }
  | { readonly is: 'status'; readonly object: Resource }
  | { readonly is: 'delete' }
)

/** Each step is guarded: by a resourceVersion where it rests on what was read, by a UID where it deletes. */
export async function carryOut(client: WritingClient, step: Step): Promise<void> {
  if (step.is === 'patch') await client.patch(step.ref, step.patch)
  else if (step.is === 'status') await client.replace(step.object, 'status')
  else await client.delete(step.ref, { propagation: 'Background' })
}

export function told({ ref, what }: Step): string {
  const place = ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`
  return `${ref.kind} ${place} ${what}`
}
