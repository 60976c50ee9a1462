/** Why a pod does not run yet, in the cluster's own words. */
import type { Resource } from '#api'

interface PodStatus {
  readonly phase?: string
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}
interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
}

/** A trial in this state could not have run: its pending deadline stands still. */
export function waitsForSlot(pods: readonly Resource[]): boolean {
  return pods.some(pod => unscheduled(pod) !== undefined)
}

/** What can be seen where nothing is said. Undefined: a pod of it has started, and its job does not say so yet. */
export function waitingUnsaid(pods: readonly Resource[]): string | undefined {
  if (pods.length === 0) return 'no pod of its job is there yet'
  const pod = pods.find(({ status }) => ((status as PodStatus | undefined)?.phase ?? 'Pending') === 'Pending')
  if (!pod) return undefined
  const { containerStatuses = [], initContainerStatuses = [] } = (pod.status ?? {}) as PodStatus
  const waiting = [...initContainerStatuses, ...containerStatuses].find(({ state }) => state?.waiting?.reason)
  if (waiting) return `container ${waiting.name} of pod ${pod.metadata.name} waits (${waiting.state?.waiting?.reason})`
  return `pod ${pod.metadata.name} has not started and gives no reason`
}

/** Undefined: no pod, or nothing is said. */
export function waitingBecause(pods: readonly Resource[]): string | undefined {
  for (const pod of pods) {
    const status = (pod.status ?? {}) as PodStatus
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
    const waiting = containers.find(({ state }) => state?.waiting?.message)
    if (waiting)
      return `container ${waiting.name} waits (${waiting.state?.waiting?.reason}): ${waiting.state?.waiting?.message}`
    const reason = unscheduled(pod)
    if (reason !== undefined) return `pod ${pod.metadata.name} is not scheduled: ${reason}`
  }
  return undefined
}

function unscheduled(pod: Resource): string | undefined {
  const status = (pod.status ?? {}) as PodStatus
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  return scheduled?.status === 'False' ? (scheduled.message ?? scheduled.reason ?? 'no reason given') : undefined
}
