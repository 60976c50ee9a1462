/** A pod template as those see it who put something of ours into it: what they read, and changes that make copies. */
import type { Trial } from '#api'

/** The parts of a pod that are changed; every other field is passed on. */
export interface PodTemplate {
  /** Of a pod itself, which has all the labels that it will ever have. */
  readonly kind?: unknown
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: PodSpec
}
export interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly { readonly name: string }[]
  readonly shareProcessNamespace?: boolean
}
export interface Container {
  readonly name: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string }[]
  readonly volumeMounts?: readonly object[]
  readonly [field: string]: unknown
}

/** Judged by the labels that the template has by itself; those that the Job controller adds to its pods count as given. */
export function isPrimaryPod(template: PodTemplate, trial: Trial): boolean {
  const wanted = Object.entries(trial.spec.primaryPodLabels ?? {})
  const isGiven = (key: string) => template.kind !== 'Pod' && isAddedLater.test(key)
  return wanted.every(([key, value]) => template.metadata?.labels?.[key] === value || isGiven(key))
}

const isAddedLater = /^(batch\.kubernetes\.io\/.+|job-name|controller-uid)$/

export function withMount(container: Container, mount: object): Container {
  return { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] }
}

export function primaryContainer(spec: PodSpec, trial: Trial): Container | undefined {
  return spec.containers?.find(container => container.name === trial.spec.primaryContainerName)
}

export function changePrimary(spec: PodSpec, trial: Trial, change: (container: Container) => Container): PodSpec {
  const primary = primaryContainer(spec, trial)
  if (!primary) return spec
  return {
    ...spec,
    containers: spec.containers?.map(container => (container === primary ? change(container) : container)),
  }
}

/** A copy of the object with the value at `path` changed; an absent path stays absent. */
export function changeAt(object: unknown, path: readonly string[], change: (value: unknown) => unknown): unknown {
  if (path.length === 0) return change(object)
  const [key, ...rest] = path
  const fields = object as Readonly<Record<string, unknown>>
  if (typeof fields !== 'object' || fields === null || fields[key] === undefined) return object
  return { ...fields, [key]: changeAt(fields[key], rest, change) }
}
