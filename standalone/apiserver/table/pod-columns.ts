/** What tables say of a pod: how many of its containers are ready, in which word it stands, how often it began again. */
import type { Resource } from '#api'
import { ageOf } from './human-duration.ts'

interface State {
  readonly waiting?: { readonly reason?: string }
  readonly running?: object
  readonly terminated?: {
    readonly reason?: string
    readonly exitCode?: number
    readonly signal?: number
    readonly finishedAt?: string
  }
}

interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: State
  readonly lastState?: State
}

interface PodParts extends Resource {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[]
    readonly readinessGates?: readonly unknown[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

const sidecarsOf = ({ spec }: PodParts): ReadonlySet<string> =>
  new Set((spec?.initContainers ?? []).filter(one => one.restartPolicy === 'Always').map(({ name }) => name))

/** Sidecars count: a pod is as ready as all that runs for good in it. */
export function podReady(pod: Resource): string {
  const { spec, status } = pod as PodParts
  const sidecars = sidecarsOf(pod as PodParts)
  const main = (status?.containerStatuses ?? []).filter(({ ready, state }) => ready && state?.running)
  const beside = (status?.initContainerStatuses ?? []).filter(
    ({ name, ready, started }) => sidecars.has(name) && ready && started,
  )
  return `${main.length + beside.length}/${(spec?.containers?.length ?? 0) + sidecars.size}`
}

/** `3`, or `3 (20s ago)` where the last end is known. Before its containers run, those of the init containers. */
export function podRestarts(pod: Resource, now: Date): string {
  const { status } = pod as PodParts
  const sidecars = sidecarsOf(pod as PodParts)
  const init = status?.initContainerStatuses ?? []
  const counted =
    initialising(pod as PodParts) === undefined
      ? [...(status?.containerStatuses ?? []), ...init.filter(({ name }) => sidecars.has(name))]
      : init
  const restarts = counted.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const ends = counted.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []).toSorted()
  const last = ends.at(-1)
  return restarts > 0 && last !== undefined ? `${restarts} (${ageOf(last, now)} ago)` : String(restarts)
}

/** The most telling word: deletion, an init container's trouble, then a container's, then the pod's own. */
export function podWord(pod: Resource): string {
  const parts = pod as PodParts
  const { phase = 'Pending', reason } = parts.status ?? {}
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  if (pod.metadata.deletionTimestamp && !isOver) return 'Terminating'
  return initialising(parts) ?? containersWord(parts) ?? reason ?? phase
}

function containersWord({ status }: PodParts): string | undefined {
  const statuses = status?.containerStatuses ?? []
  const words = statuses.flatMap(({ state }) => stateWord(state) ?? [])
  const [word] = words
  const isRunning = statuses.some(({ ready, state }) => ready && state?.running)
  if (word !== 'Completed' || !isRunning) return word
  const isReady = status?.conditions?.some(one => one.type === 'Ready' && one.status === 'True')
  return isReady ? 'Running' : 'NotReady'
}

function stateWord({ waiting, terminated }: State = {}): string | undefined {
  if (waiting?.reason) return waiting.reason
  if (!terminated) return undefined
  if (terminated.reason) return terminated.reason
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`
}

/** `Init:1/2`, `Init:Error`, `Init:CrashLoopBackOff`; undefined when the init containers are done. */
function initialising(pod: PodParts): string | undefined {
  const { spec, status } = pod
  const sidecars = sidecarsOf(pod)
  if (status?.conditions?.some(one => one.type === 'Initialized' && one.status === 'True')) return undefined
  for (const [i, { name, state, started }] of (status?.initContainerStatuses ?? []).entries()) {
    if (state?.terminated?.exitCode === 0 || (sidecars.has(name) && started)) continue
    const word = stateWord(state)
    if (word !== undefined && word !== 'PodInitializing') return `Init:${word}`
    return `Init:${i}/${spec?.initContainers?.length ?? 0}`
  }
  return undefined
}

export const readinessGates = (pod: Resource) => {
  const { spec } = pod as PodParts
  return spec?.readinessGates?.length ? `0/${spec.readinessGates.length}` : undefined
}
