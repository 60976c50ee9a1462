/** Every revision of a world's store, so that a list can be answered as it was. */
import type { Resource } from '#api'

export interface StoreHistory {
  written(resource: Resource): void
  deleted(resource: Resource): void
  /** Of one kind as they were `back` of its revisions ago, with the revision that this was; undefined before the first one. */
  asOf(
    kind: string,
    back: number,
  ): { readonly items: readonly Resource[]; readonly resourceVersion: string } | undefined
}

interface Revision {
  readonly resource: Resource
  readonly isDeleted: boolean
}

export function recordHistory(): StoreHistory {
  const byKind = new Map<string, Revision[]>()
  const note = (resource: Resource, isDeleted: boolean) => {
    const revisions = byKind.get(resource.kind) ?? []
    byKind.set(resource.kind, revisions)
    revisions.push({ resource, isDeleted })
  }
  return {
    written: resource => note(resource, false),
    deleted: resource => note(resource, true),
    asOf(kind, back) {
      const revisions = byKind.get(kind) ?? []
      const past = revisions.slice(0, Math.max(1, revisions.length - back))
      const last = past.at(-1)
      if (!last) return undefined
      const present = new Map<string, Resource>()
      for (const { resource, isDeleted } of past) {
        const key = `${resource.metadata.namespace}/${resource.metadata.name}`
        if (isDeleted) present.delete(key)
        else present.set(key, resource)
      }
      return { items: [...present.values()], resourceVersion: last.resource.metadata.resourceVersion ?? '0' }
    },
  }
}
