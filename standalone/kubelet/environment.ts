/** What a program sees: an allow-list of the server's own environment, the manifest's variables, ours. */

import { podField, resourceField } from './downward.ts'
import type { KeyedObjects } from './keyed-objects.ts'
import type { Container, EnvVar, Pod } from './pod-types.ts'
import { expandVariables } from './variables.ts'

export type Variables = Readonly<Record<string, string>>

const ALLOWED = /^(PATH|HOME|USER|LANG|LC_\w+|TZ|LD_LIBRARY_PATH|VIRTUAL_ENV|CONDA_\w+|CUDA_\w+)$/

/** What passes from the environment of the server; everything else stays behind. */
export function passedOn(environment: Readonly<Record<string, string | undefined>>): Variables {
  const entries = Object.entries(environment).filter(([name, value]) => value !== undefined && ALLOWED.test(name))
  return Object.fromEntries(entries) as Variables
}

/** The manifest's variables: `envFrom` first, then `env` in order, each seeing those before it. */
export async function manifestVariables(
  pod: Pod,
  container: Container,
  objects: KeyedObjects,
  machine: { readonly cpus: number },
): Promise<Variables> {
  const variables: Record<string, string> = {}
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const source = configMapRef
      ? await objects.texts('ConfigMap', configMapRef.name, configMapRef.optional)
      : secretRef
        ? await objects.texts('Secret', secretRef.name, secretRef.optional)
        : {}
    for (const [key, value] of Object.entries(source)) variables[prefix + key] = value.toString('utf8')
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(pod, container, variable, variables, objects, machine)
    if (value !== undefined) variables[variable.name] = value
  }
  return variables
}

async function variableValue(
  pod: Pod,
  container: Container,
  { value = '', valueFrom }: EnvVar,
  variables: Variables,
  objects: KeyedObjects,
  machine: { readonly cpus: number },
): Promise<string | undefined> {
  if (!valueFrom) return expandVariables(value, variables)
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef) return podField(pod, fieldRef.fieldPath)
  if (resourceFieldRef) return resourceField(pod, container, resourceFieldRef, machine)
  if (configMapKeyRef) return (await objects.one('ConfigMap', configMapKeyRef))?.toString('utf8')
  if (secretKeyRef) return (await objects.one('Secret', secretKeyRef))?.toString('utf8')
  return ''
}
