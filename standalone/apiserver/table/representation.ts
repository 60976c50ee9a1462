/** In which form a client wants objects: as they are, as a Table, or their metadata alone. */
import type { Resource } from '#api'
import { apiVersionOf, type ServedKind } from '../kinds/served-kind.ts'
import type { ServerRequest } from '../request/server-request.ts'
import { partial, tableOf } from './table.ts'

export interface Representation {
  one(object: Resource): unknown
  list(items: readonly Resource[], metadata: object): unknown
  /** Inside a watch event; `isFirst`: a Table names its columns once. */
  event(object: Resource, isFirst: boolean): unknown
}

export function representation(kind: ServedKind, request: ServerRequest, now: () => Date): Representation {
  const accept = request.headers.accept ?? ''
  if (/as=Table\b/.test(accept)) {
    const include = request.query.get('includeObject') ?? 'Metadata'
    const table = (items: readonly Resource[], metadata: object, withColumns = true) =>
      tableOf(kind, items, { metadata, include, now: now(), withColumns })
    return {
      one: object => table([object], { resourceVersion: object.metadata.resourceVersion }),
      list: table,
      event: (object, isFirst) => table([object], { resourceVersion: object.metadata.resourceVersion }, isFirst),
    }
  }
  if (/as=PartialObjectMetadata/.test(accept)) {
    return {
      one: partial,
      event: partial,
      list: (items, metadata) => ({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: items.map(partial),
      }),
    }
  }
  const apiVersion = apiVersionOf(kind)
  const asServed = (object: Resource) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion })
  return {
    one: asServed,
    event: asServed,
    list: (items, metadata) => ({ kind: kind.listKind, apiVersion, metadata, items: items.map(asServed) }),
  }
}
