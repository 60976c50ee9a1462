/** Fields that `--field-selector` may name. Others are refused: a mistyped one would silently select nothing. */
import type { Resource } from '#api'
import { fieldSelector } from '#kube'
import { badRequest } from '../request/refusal.ts'
import type { ServedKind } from './served-kind.ts'

const everywhere = ['metadata.name', 'metadata.namespace']

const builtIn: Readonly<Record<string, readonly string[]>> = {
  Event: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      field => `involvedObject.${field}`,
    ),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Namespace: ['status.phase'],
  Node: ['spec.unschedulable'],
  Pod: [
    ...['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName', 'hostNetwork'].map(
      field => `spec.${field}`,
    ),
    ...['phase', 'podIP', 'nominatedNodeName'].map(field => `status.${field}`),
  ],
  Job: ['status.successful'],
  Secret: ['type'],
}

/** Fields that do not stand in an object under their own name, or not always. */
const derived: Readonly<Record<string, (object: Resource) => unknown>> = {
  'spec.unschedulable': ({ spec }) => (spec as { unschedulable?: boolean } | undefined)?.unschedulable ?? false,
  'spec.hostNetwork': ({ spec }) => (spec as { hostNetwork?: boolean } | undefined)?.hostNetwork ?? false,
  source: ({ source, reportingComponent }) =>
    (source as { component?: string } | undefined)?.component ?? reportingComponent,
}

/** Throws 400 for text that is no selector and for a field that the kind does not offer. */
export function fieldsSelected(kind: ServedKind, text: string): (object: Resource) => boolean {
  const fields = [...everywhere, ...((kind.isCustom ? kind.selectableFields : builtIn[kind.kind]) ?? [])]
  const terms = text.split(',').map(term => {
    const holds = fieldSelector(term)
    const field = /^[^=!]*/.exec(term)?.[0].trim() ?? ''
    if (field !== '' && !fields.includes(field))
      throw badRequest(`field label not supported: ${field}; ${kind.plural} can be selected by ${fields.join(', ')}`)
    const read = derived[field]
    if (!read) return holds
    const ofValue = fieldSelector(term.replace(field, 'value'))
    return (object: Resource) => ofValue({ value: read(object) })
  })
  return object => terms.every(holds => holds(object))
}
