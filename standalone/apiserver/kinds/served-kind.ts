/** One kind as the server serves it: names, scope, subresources, how a table shows it. */
import type { Resource, StructuralSchema } from '#api'
import type { StoredKind, StoredRef } from '#store'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description?: string
  /** 0 is always shown, 1 in wide tables. */
  readonly priority: number
  cell(object: Resource, now: Date): unknown
}

export interface ServedKind {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** `status`: written through its own path alone. `log` and `binding`: pods. */
  readonly subresources: readonly ('status' | 'log' | 'binding')[]
  /** Counts changes of the object's wishes in `metadata.generation`. */
  readonly hasGeneration: boolean
  /** Defined by a CustomResourceDefinition: no strategic merge, lists are atomic unless the schema says otherwise. */
  readonly isCustom: boolean
  readonly schema?: StructuralSchema
  /** Of a definition: fields besides name and namespace that a field selector may name. */
  readonly selectableFields?: readonly string[]
  /** Absent: everything that objects can be asked. */
  readonly verbs?: readonly string[]
  readonly columns: readonly Column[]
}

/** `kubeflow.org/v1beta1`, `v1`. */
export const apiVersionOf = (kind: Pick<ServedKind, 'group' | 'version'>) =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`

/** As messages name a resource: `pods`, `trials.kubeflow.org`. */
export const resourceName = (kind: Pick<ServedKind, 'group' | 'plural'>) =>
  kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`

export const storedKind = (kind: Pick<ServedKind, 'group' | 'kind'>): StoredKind => ({
  group: kind.group === '' ? 'core' : kind.group,
  kind: kind.kind,
})

export const storedRef = (
  kind: Pick<ServedKind, 'group' | 'kind'>,
  namespace: string | undefined,
  name: string,
): StoredRef => ({ ...storedKind(kind), namespace: namespace ?? '', name })
