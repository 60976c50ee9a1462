/** Server-side apply: a manager says which fields it wants; what it no longer names and nobody else wants goes. */
import type { Resource } from '#api'
import type { ServedKind } from '../kinds/served-kind.ts'
import { conflict } from '../request/refusal.ts'
import { difference, type FieldSet, intersection, isEmpty, pathsOf, union } from './field-set.ts'
import { fieldsUnlike, mergeApplied, typingOf, withoutFields } from './field-typing.ts'
import { entry, type Manager, managersOf, ownable, ownedFields, withManagers } from './managed-fields.ts'

export interface Apply {
  readonly manager: string
  /** Takes fields that others own with other values. */
  readonly force: boolean
}

export interface Applied {
  readonly object: Resource
  /** Writes down the owners on what is stored in the end. */
  manage(kind: ServedKind, current: Resource | undefined, next: Resource, time: string): Resource
}

const BEFORE = 'before-first-apply'
/** `kubectl apply` without --server-side keeps here what it applied: its own fields are then no stranger's. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** The object after `configuration` is applied to `current`. Throws 409 with a cause for every field in conflict. */
export function apply(
  kind: ServedKind,
  current: Resource,
  configuration: Resource,
  { manager, force }: Apply,
): Applied {
  const typing = typingOf(kind)
  const wanted = ownable(configuration)
  const live = ownable(current)
  const fields = ownedFields(kind, configuration)
  const managers = managersOf(current)
  const everyone = managers.length > 0 ? managers : [entry(kind, BEFORE, 'Update', ownedFields(kind, current), '')]
  const isSelf = (one: Manager) => one.manager === manager && one.operation === 'Apply' && !one.subresource
  const others = everyone.filter(one => !isSelf(one))
  const unlike = fieldsUnlike(wanted, live, typing)
  const isMigration = manager === 'kubectl' && current.metadata.annotations?.[LAST_APPLIED] !== undefined
  const clashes = others
    .map(one => ({ one, fields: intersection(one.fieldsV1, unlike) }))
    .filter(({ one, fields: clash }) => !isEmpty(clash) && !(isMigration && one.manager === BEFORE))
  if (clashes.length > 0 && !force) throw refusal(kind, configuration.metadata.name, clashes)

  const before = everyone.find(isSelf)?.fieldsV1 ?? {}
  const wantedByOthers = others.map(one => one.fieldsV1).reduce(union, {})
  const abandoned = difference(difference(before, fields), wantedByOthers)
  const merged = withoutFields(mergeApplied(live, wanted, typing), abandoned, typing) as Record<string, unknown>
  return {
    object: reassembled(current, configuration, merged),
    manage(_kind, known, next, time) {
      const kept = others.map(one => ({ ...one, time: one.time || time, fieldsV1: difference(one.fieldsV1, unlike) }))
      return withManagers(known ? { ...next, metadata: { ...next.metadata, managedFields: managers } } : next, [
        ...kept,
        entry(kind, manager, 'Apply', fields, time),
      ])
    },
  }
}

/** The owners of an object that an apply creates. */
export function manageCreated({ manager }: Apply, configuration: Resource): Applied['manage'] {
  return (kind, _current, next, time) =>
    withManagers(next, [entry(kind, manager, 'Apply', ownedFields(kind, configuration), time)])
}

function reassembled(current: Resource, configuration: Resource, merged: Record<string, unknown>): Resource {
  const { metadata, ...rest } = merged
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...identity } = current.metadata
  const { uid, resourceVersion } = configuration.metadata
  return {
    apiVersion: current.apiVersion,
    kind: current.kind,
    metadata: {
      ...identity,
      ...(metadata as object | undefined),
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
    },
    ...rest,
  } as Resource
}

function refusal(kind: ServedKind, name: string, clashes: readonly { one: Manager; fields: FieldSet }[]) {
  const causes = clashes.flatMap(({ one, fields }) =>
    pathsOf(fields).map(field => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${one.manager}" using ${one.apiVersion}`,
      field,
    })),
  )
  const count = causes.length === 1 ? '1 conflict' : `${causes.length} conflicts`
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join('; ')
  return conflict(kind, name, `Apply failed with ${count}: ${list}`, causes)
}
