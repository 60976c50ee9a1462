/** What a real API server fills in of its own kinds, as far as something here or `kubectl` reads it. */
import type { Resource } from '#api'
import type { Cause } from '../request/refusal.ts'
import { isObject, type Json } from '../request/request-body.ts'
import { podDefaults } from './pod-defaults.ts'
import { CLEANUP_FINALIZER } from './served-kinds.ts'

/** The object with defaults. It may share parts with the given one, which stays as it is. */
export function builtInDefaults(object: Resource): Resource {
  return defaults[object.kind]?.(object) ?? object
}

/** An update may leave out what was filled in when the object was made, where that is the same every time. */
export function updateDefaults(object: Resource): Resource {
  return object.kind === 'Pod' || object.kind === 'Job' ? builtInDefaults(object) : object
}

/** What makes a built-in object useless to whoever runs it. Its finer fields are judged where they are used. */
export function builtInProblems(object: Resource): Cause[] {
  return problems[object.kind]?.(object) ?? []
}

const defaults: Readonly<Record<string, (object: Resource) => Resource>> = {
  Namespace: object => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels },
    },
    spec: { finalizers: ['kubernetes'], ...part(object.spec) },
    status: { phase: 'Active', ...part(object.status) },
  }),
  CustomResourceDefinition: object => ({
    ...object,
    metadata: {
      ...object.metadata,
      finalizers: [...new Set([...(object.metadata.finalizers ?? []), CLEANUP_FINALIZER])],
    },
    status: definitionStatus(object),
  }),
  Secret: object => {
    const { stringData, ...rest } = object
    const encoded = Object.entries(part(stringData)).map(([key, text]) => [
      key,
      Buffer.from(String(text)).toString('base64'),
    ])
    const data = { ...part(object.data), ...Object.fromEntries(encoded) }
    return { ...rest, ...(Object.keys(data).length > 0 ? { data } : {}), type: object.type ?? 'Opaque' } as Resource
  },
  /** Claims are directories of this machine: there is nothing to wait for. */
  PersistentVolumeClaim: object => {
    const { accessModes = [], resources } = part(object.spec)
    const capacity = part(part(resources).requests)
    return { ...object, status: { phase: 'Bound', accessModes, capacity, ...part(object.status) } }
  },
  Service: object => ({
    ...object,
    spec: { clusterIP: 'None', type: 'ClusterIP', sessionAffinity: 'None', ...part(object.spec) },
  }),
  Pod: object => ({ ...object, spec: podDefaults(object.spec), status: { phase: 'Pending', ...part(object.status) } }),
  Job: object => {
    const { uid = '', name } = object.metadata
    const spec = part(object.spec)
    const template = part(spec.template)
    const metadata = part(template.metadata)
    const generated = { 'batch.kubernetes.io/controller-uid': uid }
    const labels = {
      ...part(metadata.labels),
      ...generated,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    }
    const isManual = spec.manualSelector === true || spec.selector !== undefined
    const hasLabels = Object.keys(object.metadata.labels ?? {}).length > 0
    return {
      ...object,
      metadata: hasLabels || isManual ? object.metadata : { ...object.metadata, labels },
      spec: {
        ...(spec.parallelism === undefined && spec.completions === undefined ? { parallelism: 1, completions: 1 } : {}),
        ...(spec.parallelism === undefined ? { parallelism: 1 } : {}),
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
        ...spec,
        ...(isManual ? {} : { selector: { matchLabels: generated } }),
        template: {
          ...template,
          metadata: isManual ? metadata : { ...metadata, labels },
          spec: podDefaults(template.spec),
        },
      },
    }
  },
}

const problems: Readonly<Record<string, (object: Resource) => Cause[]>> = {
  Pod: object => containerProblems(part(object.spec), 'spec'),
  Job: object => {
    const template = part(part(object.spec).template)
    const spec = part(template.spec)
    const policy = spec.restartPolicy
    return [
      ...containerProblems(spec, 'spec.template.spec'),
      ...(policy === 'OnFailure' || policy === 'Never'
        ? []
        : [
            {
              field: 'spec.template.spec.restartPolicy',
              message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "OnFailure", "Never"`,
              reason: 'FieldValueNotSupported',
            },
          ]),
    ]
  },
}

/** Definitions are served at once, so they say so from the first moment: `kubectl wait --for=condition=Established`. */
function definitionStatus(object: Resource): Json {
  const { names, versions } = part(object.spec)
  const lastTransitionTime = object.metadata.creationTimestamp
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime,
  })
  const list = Array.isArray(versions) ? versions.filter(isObject) : []
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: part(names),
    storedVersions: list.filter(version => version.storage === true).map(version => version.name),
  }
}

function containerProblems(spec: Json, path: string): Cause[] {
  const containers = Array.isArray(spec.containers) ? spec.containers : []
  if (containers.length === 0)
    return [{ field: `${path}.containers`, message: 'Required value', reason: 'FieldValueRequired' }]
  const names = new Set<unknown>()
  return containers.flatMap((container, i): Cause[] => {
    const name = isObject(container) ? container.name : undefined
    const field = `${path}.containers[${i}].name`
    if (typeof name !== 'string' || name === '')
      return [{ field, message: 'Required value', reason: 'FieldValueRequired' }]
    if (names.has(name)) return [{ field, message: `Duplicate value: "${name}"`, reason: 'FieldValueDuplicate' }]
    names.add(name)
    return []
  })
}

const part = (value: unknown): Json => (isObject(value) ? value : {})
