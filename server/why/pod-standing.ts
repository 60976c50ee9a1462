/** Why a trial's pod does not run, in the cluster's own words, each with what to do. */
import type { Resource } from '#api'
import type { Why, WhyState } from './answer.ts'

interface PodStatus {
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}
interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly running?: object
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string }
  }
}

/** Undefined: its program runs. */
export function podStanding(pod: Resource, trial: string): Why | undefined {
  const status = (pod.status ?? {}) as PodStatus
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') return unscheduled(scheduled, trial)
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const waiting = containers.find(({ state }) => isTelling(state?.waiting?.reason))
  if (waiting) return containerStanding(waiting, trial)
  if (status.phase === 'Failed' || status.phase === 'Succeeded') {
    const said = status.message ?? status.reason ?? lastWords(status)
    const how = `pod ${pod.metadata.name} has ${status.phase === 'Failed' ? 'failed' : 'succeeded'}`
    const sentence = `trial ${trial}: ${how}${said ? ` (${said})` : ''} and its job does not say so yet`
    return { state: 'PodEnding', sentence, next: 'wait for a moment', trial }
  }
  if (status.phase === 'Running') return undefined
  const sentence = `trial ${trial}: pod ${pod.metadata.name} is being started`
  return {
    state: 'PodStarting',
    sentence,
    next: `wait; \`kubectl describe pod ${pod.metadata.name}\` says more`,
    trial,
  }
}

/** How its container ended, and the last line that it left. */
function lastWords({ containerStatuses = [] }: PodStatus): string | undefined {
  const ended = containerStatuses.map(({ state }) => state?.terminated).find(state => state?.exitCode)
  if (!ended) return undefined
  const words = ended.message?.trim().split('\n').at(-1)
  return `exit code ${ended.exitCode}${words ? `: ${words}` : ''}`
}

/** All its pods have failed, and its job, which may try again, has not. */
export function retryStanding(job: Resource, pods: readonly Resource[], trial: string): Why | undefined {
  const statuses = pods.map(({ status }) => (status ?? {}) as PodStatus)
  const { backoffLimit = 6 } = (job.spec ?? {}) as { backoffLimit?: number }
  const { conditions = [] } = (job.status ?? {}) as { conditions?: readonly { type: string; status: string }[] }
  const isOver = conditions.some(({ type, status }) => type !== 'Suspended' && status === 'True')
  if (isOver || pods.length > backoffLimit || statuses.some(({ phase }) => phase !== 'Failed')) return undefined
  const words = lastWords(statuses.at(-1) ?? {})
  const times = pods.length === 1 ? 'once' : `${pods.length} times`
  return {
    state: 'PodRetried',
    sentence: `trial ${trial} failed ${times}${words ? ` (${words})` : ''}, and its ${job.kind} tries again after a while: backoffLimit is ${backoffLimit}`,
    next: `read what it printed: \`qalam logs ${trial}\`; with backoffLimit 0 in the trial template its first failure ends a trial`,
    trial,
  }
}

function unscheduled(scheduled: { reason?: string; message?: string }, trial: string): Why {
  const message = scheduled.message || scheduled.reason || 'no reason is given'
  if (message.startsWith(TURN)) {
    const next = 'wait, lower parallelTrialCount, or serve with more --cpus or --gpus'
    return { state: 'WaitingForSlot', sentence: `trial ${trial} waits for a slot: ${message}`, next, trial }
  }
  const next =
    scheduled.reason === 'SchedulingGated'
      ? 'wait for whoever set the scheduling gate, a queue for instance, to remove it'
      : 'make room in the cluster, or lower what the trial template requests'
  return { state: 'Unschedulable', sentence: `trial ${trial} cannot be scheduled: ${message}`, next, trial }
}

/** What the runner of one machine says of a pod whose turn has not come. */
const TURN = 'it waits for its turn'

function containerStanding({ name, image, state }: ContainerStatus, trial: string): Why {
  const { reason = '', message } = state?.waiting ?? {}
  const known = reasons.find(({ pattern }) => pattern.test(reason)) ?? otherReason
  const told = message ? `${reason}: ${message}` : reason
  const of = known.state === 'WaitingForImage' && image ? ` (image ${image})` : ''
  return {
    state: known.state,
    sentence: `trial ${trial}: container ${name}${of} ${known.says}: ${told}`,
    next: known.next(trial),
    trial,
  }
}

const isTelling = (reason: string | undefined) =>
  reason !== undefined && reason !== '' && reason !== 'ContainerCreating' && reason !== 'PodInitializing'

interface Known {
  readonly pattern: RegExp
  readonly state: WhyState
  readonly says: string
  next(trial: string): string
}

const reasons: readonly Known[] = [
  {
    pattern: /Image/,
    state: 'WaitingForImage',
    says: 'waits for its image',
    next: () => 'check the name of the image and the pull secret; on one machine give it a folder: --image NAME=DIR',
  },
  {
    pattern: /CrashLoop/,
    state: 'ContainerCrashes',
    says: 'ends again and again',
    next: trial => `read what it printed: \`qalam logs ${trial}\``,
  },
  {
    pattern: /Config/,
    state: 'ContainerCannotStart',
    says: 'cannot be made',
    next: () => 'create what it names (ConfigMap, Secret, volume), or take it out of the trial template',
  },
]
const otherReason: Known = {
  pattern: /./,
  state: 'ContainerCannotStart',
  says: 'cannot start',
  next: () => 'mend its command or its mounts in the trial template',
}
