/**
 * Who owns which field of an object.
 *
 * An object gets managedFields with its first server-side apply: most are never applied that way, and the list would
 * double their size. What was there before belongs to `before-first-apply`, as on a real server for old objects.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Resource } from '#api'
import { apiVersionOf, type ServedKind } from '../kinds/served-kind.ts'
import { difference, type FieldSet, isEmpty, union } from './field-set.ts'
import { fieldsOf, fieldsUnlike, typingOf } from './field-typing.ts'

export interface Manager {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: FieldSet
  readonly subresource?: string
}

export const managersOf = (object: Resource): readonly Manager[] =>
  // Only this server writes managedFields.
  (object.metadata.managedFields as readonly Manager[] | undefined) ?? []

/** All fields of an object that somebody can own: not its identity, and nothing that the server decides. */
export function ownedFields(kind: ServedKind, object: Resource): FieldSet {
  return fieldsOf(ownable(object), typingOf(kind))
}

/** The object with its managers brought up to date for an ordinary write. */
export function trackUpdate(options: { readonly manager: string; readonly subresource?: 'status' }) {
  return (kind: ServedKind, current: Resource | undefined, next: Resource, time: string): Resource => {
    if (!current || managersOf(current).length === 0) return next
    const typing = typingOf(kind)
    const gained = fieldsUnlike(ownable(next), ownable(current), typing)
    const lost = difference(ownedFields(kind, current), ownedFields(kind, next))
    if (isEmpty(gained) && isEmpty(lost)) return next
    const touched = union(gained, lost)
    const isSelf = (one: Manager) =>
      one.manager === options.manager && one.operation === 'Update' && one.subresource === options.subresource
    const self = managersOf(current).find(isSelf)
    const others = managersOf(current)
      .filter(one => !isSelf(one))
      .map(one => ({ ...one, fieldsV1: difference(one.fieldsV1, touched) }))
    const fields = union(difference(self?.fieldsV1 ?? {}, lost), gained)
    return withManagers(next, [...others, entry(kind, options.manager, 'Update', fields, time, options.subresource)])
  }
}

/** Entries without fields are left out; an entry that says what it said keeps its time. */
export function withManagers(object: Resource, managers: readonly Manager[]): Resource {
  const before = managersOf(object)
  const kept = managers
    .filter(one => !isEmpty(one.fieldsV1))
    .map(one => {
      const same = before.find(
        old => old.manager === one.manager && old.operation === one.operation && old.subresource === one.subresource,
      )
      return same && isDeepStrictEqual(same.fieldsV1, one.fieldsV1) ? same : one
    })
  return { ...object, metadata: { ...object.metadata, managedFields: kept } }
}

export function entry(
  kind: ServedKind,
  manager: string,
  operation: Manager['operation'],
  fieldsV1: FieldSet,
  time: string,
  subresource?: string,
): Manager {
  const common = { manager, operation, apiVersion: apiVersionOf(kind), time, fieldsType: 'FieldsV1', fieldsV1 } as const
  return subresource === undefined ? common : { ...common, subresource }
}

/** An object as its managers see it. */
export function ownable({ apiVersion: _version, kind: _kind, metadata, ...rest }: Resource): Record<string, unknown> {
  const { labels, annotations, finalizers, ownerReferences } = metadata
  const parts = Object.entries({ labels, annotations, finalizers, ownerReferences }).filter(
    ([, part]) => part !== undefined && part !== null && Object.keys(part).length > 0,
  )
  return parts.length === 0 ? rest : { metadata: Object.fromEntries(parts), ...rest }
}
