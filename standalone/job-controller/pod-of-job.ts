/** The pods that a Job creates: names, labels, indexes. */
import { createHash } from 'node:crypto'
import { controllerReference } from '#api'
import { type Container, POD, type Pod } from '../kubelet/pod-types.ts'
import type { Job } from './job-types.ts'

export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index'

/**
 * A pod of `job`, bound to `nodeName` from its birth: on one machine there is nothing to schedule but slots, and those are
 * the runner's. `ordinal` counts the pods of the Job; the name follows from it, so that a repeated creation collides.
 */
export function podOfJob(job: Job, ordinal: number, index: number | undefined, nodeName: string): Pod {
  const { template } = job.spec
  const { name, uid = '', namespace } = job.metadata
  const indexed: Readonly<Record<string, string>> = index === undefined ? {} : { [INDEX_KEY]: String(index) }
  const labels = {
    ...template.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
    ...indexed,
  }
  const annotations = { ...template.metadata?.annotations, ...indexed }
  const stem = index === undefined ? name : `${name}-${index}`
  return {
    ...POD,
    metadata: {
      ...template.metadata,
      name: `${stem.slice(0, 57)}-${suffix(uid, ordinal, index)}`,
      namespace,
      labels,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(job)],
    },
    spec: {
      ...template.spec,
      nodeName,
      ...(index === undefined ? {} : { hostname: stem.slice(0, 63), ...withIndex(template.spec) }),
    },
  }
}

export function indexOf(pod: Pod): number {
  return Number(pod.metadata.annotations?.[INDEX_KEY] ?? -1)
}

function withIndex({ containers, initContainers }: Pod['spec']): Partial<Pod['spec']> {
  const fieldRef = { fieldPath: `metadata.labels['${INDEX_KEY}']` }
  const add = (container: Container): Container =>
    container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX')
      ? container
      : { ...container, env: [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }] }
  return {
    containers: containers.map(add),
    ...(initContainers ? { initContainers: initContainers.map(add) } : {}),
  }
}

/** Letters that Kubernetes uses for generated names: no vowels, so no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

function suffix(uid: string, ordinal: number, index = -1): string {
  const digest = createHash('sha256').update(`${uid}/${ordinal}/${index}`).digest()
  return [...digest.subarray(0, 5)].map(byte => ALPHABET[byte % ALPHABET.length]).join('')
}

/** `0-2,5` for 0, 1, 2, 5: how `status.completedIndexes` is written. */
export function printIndexes(indexes: readonly number[]): string {
  const sorted = [...new Set(indexes)].toSorted((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const index of sorted) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`))
    .join(',')
}
