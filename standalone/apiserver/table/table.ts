/** Objects as rows: what `kubectl get` prints. */
import type { Resource } from '#api'
import type { ServedKind } from '../kinds/served-kind.ts'

export interface TableOptions {
  readonly metadata: object
  /** `Metadata`, `Object` or `None`: what each row carries besides its cells. */
  readonly include: string
  readonly now: Date
  readonly withColumns: boolean
}

export function tableOf(kind: ServedKind, items: readonly Resource[], options: TableOptions) {
  const { metadata, include, now, withColumns } = options
  const columnDefinitions = kind.columns.map(({ name, type, format = '', description = '', priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }))
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columnDefinitions : null,
    rows: items.map(item => ({
      cells: kind.columns.map(column => column.cell(item, now)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? item : partial(item) }),
    })),
  }
}

/** An object without its body. */
export const partial = ({ metadata }: Resource) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})
