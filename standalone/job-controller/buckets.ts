/** A Job's pods, sorted by how they stand. */
import { isOver, type Pod } from '../kubelet/pod-types.ts'
import { verdictOf } from './failure-policy.ts'
import type { Job } from './job-types.ts'

export interface Buckets {
  /** Not over, and not being deleted. */
  readonly active: readonly Pod[]
  /** Not over, and being deleted. */
  readonly terminating: readonly Pod[]
  readonly succeeded: readonly Pod[]
  /** Failed pods that are charged to backoffLimit. */
  readonly failed: readonly Pod[]
  /** Failed pods that are not: lost to a disruption, or ignored by the Job's own policy. */
  readonly ignored: readonly Pod[]
  /** A pod that fails the Job at once by the Job's own policy. */
  readonly fatal?: { readonly pod: Pod; readonly message: string }
}

/** So many pods are replaced for nothing when processes were lost with the machine; further ones are charged. */
const FREE_DISRUPTIONS = 3

export function sortPods(job: Job, pods: readonly Pod[]): Buckets {
  const over = pods.filter(isOver)
  const alive = pods.filter(pod => !isOver(pod))
  const failures = over.filter(pod => pod.status?.phase === 'Failed' && !wasStopped(pod)).toSorted(byCreation)
  const verdicts = failures.map(pod => ({ pod, verdict: verdictOf(job, pod) }))
  const disrupted = verdicts.filter(({ verdict }) => verdict.is === 'disrupted').map(({ pod }) => pod)
  const free = new Set(disrupted.slice(0, FREE_DISRUPTIONS))
  const isFree = ({ pod, verdict }: (typeof verdicts)[number]) => verdict.is === 'ignored' || free.has(pod)
  const fatal = verdicts.find(({ verdict }) => verdict.is === 'fatal')
  return {
    active: alive.filter(pod => !isBeingDeleted(pod)),
    terminating: alive.filter(isBeingDeleted),
    succeeded: over.filter(pod => pod.status?.phase === 'Succeeded'),
    failed: verdicts.filter(entry => !isFree(entry)).map(({ pod }) => pod),
    ignored: verdicts.filter(isFree).map(({ pod }) => pod),
    ...(fatal?.verdict.is === 'fatal' ? { fatal: { pod: fatal.pod, message: fatal.verdict.message } } : {}),
  }
}

export function isBeingDeleted(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionTimestamp !== null
}

/** A pod that ended because it was deleted says nothing about the program. */
const wasStopped = isBeingDeleted

function byCreation(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '')
}

/** When the pod's last container ended, in milliseconds since the epoch. */
export function endOf(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state.terminated?.finishedAt ?? ''))
  const known = ends.filter(Number.isFinite)
  return known.length > 0 ? Math.max(...known) : Date.parse(pod.metadata.creationTimestamp ?? '') || 0
}
