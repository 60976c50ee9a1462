/** Fields of built-in kinds that stay as they were made: whoever acts on them has read them once. */
import { isDeepStrictEqual } from 'node:util'
import type { Resource } from '#api'
import type { Cause } from '../request/refusal.ts'
import { isObject, type Json } from '../request/request-body.ts'

const part = (value: unknown): Json => (isObject(value) ? value : {})

/** Changes that no update may make. */
export function immutableProblems(old: Resource, next: Resource): Cause[] {
  return rules[next.kind]?.(old, next) ?? []
}

const rules: Readonly<Record<string, (old: Resource, next: Resource) => Cause[]>> = {
  /** Containers may change their images; the rest of a pod was read when it was started. */
  Pod: (old, next) => {
    const [before, after] = [part(old.spec), part(next.spec)]
    const names = (spec: Json) => list(spec.containers).map(container => container.name)
    if (!isDeepStrictEqual(names(before), names(after)))
      return [{ field: 'spec.containers', message: POD_CONTAINERS, reason: 'FieldValueForbidden' }]
    // A node is given once, by its own path.
    const isBinding = before.nodeName === undefined && after.nodeName !== undefined
    const bound = isBinding ? { ...before, nodeName: after.nodeName } : before
    if (isDeepStrictEqual(fixedPart(bound), fixedPart(after))) return []
    return [{ field: 'spec', message: POD_FIELDS, reason: 'FieldValueForbidden' }]
  },
  /** A suspended Job has no pods yet: queues write node selectors into its template then. */
  Job: (old, next) => {
    const [before, after] = [part(old.spec), part(next.spec)]
    const isSuspended = before.suspend === true
    return [
      ...changed(before, after, ['selector', 'completionMode']),
      ...changed(isSuspended ? withoutPlacement(before) : before, isSuspended ? withoutPlacement(after) : after, [
        'template',
      ]),
      ...(before.completionMode === 'Indexed' ? [] : changed(before, after, ['completions'])),
    ]
  },
  ConfigMap: (old, next) => (old.immutable === true ? frozen(old, next, ['data', 'binaryData', 'immutable']) : []),
  Secret: (old, next) => [
    ...frozen(old, next, ['type']),
    ...(old.immutable === true ? frozen(old, next, ['data', 'immutable']) : []),
  ],
}

const changed = (before: Json, after: Json, fields: readonly string[]) =>
  fields.filter(field => !isDeepStrictEqual(before[field], after[field])).map(field => refusal(`spec.${field}`))

const frozen = (old: Resource, next: Resource, fields: readonly string[]) =>
  fields.filter(field => !isDeepStrictEqual(old[field], next[field])).map(refusal)

const refusal = (field: string): Cause => ({ field, message: 'Invalid value: field is immutable' })

const POD_CONTAINERS =
  'Forbidden: an update of a pod may not add, remove or rename containers; delete the pod and create it anew'
const POD_FIELDS =
  "Forbidden: an update of a pod may change its containers' images, activeDeadlineSeconds and tolerations only; delete the pod and create it anew"

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

function fixedPart({ activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...spec }: Json): Json {
  const withoutImage = (container: Json): Json => {
    // The policy follows from the image where the manifest has none.
    const { image: _image, imagePullPolicy: _policy, ...rest } = container
    return rest
  }
  return {
    ...spec,
    containers: list(spec.containers).map(withoutImage),
    ...(spec.initContainers === undefined ? {} : { initContainers: list(spec.initContainers).map(withoutImage) }),
  }
}

/** Without what says where pods go and how much they take. */
function withoutPlacement(spec: Json): Json {
  const template = part(spec.template)
  const { labels: _labels, annotations: _annotations, ...metadata } = part(template.metadata)
  const { nodeSelector: _s, tolerations: _t, affinity: _a, schedulingGates: _g, ...pod } = part(template.spec)
  const containers = list(pod.containers).map(({ resources: _resources, ...container }) => container)
  return { ...spec, template: { ...template, metadata, spec: { ...pod, containers } } }
}
