/** What a Job wants next, decided from the Job and its pods alone. */
import { rfc3339 } from '#api'
import type { Pod } from '../kubelet/pod-types.ts'
import { type Buckets, endOf, sortPods } from './buckets.ts'
import { isFinished, type Job, type JobCondition, type JobStatus } from './job-types.ts'
import { INDEX_KEY, indexOf, podOfJob, printIndexes } from './pod-of-job.ts'

export interface JobPlan {
  readonly create: readonly Pod[]
  readonly delete: readonly Pod[]
  /** Absent: the status stays as it is. */
  readonly status?: JobStatus
  /** When the answer changes by time alone. */
  readonly requeueAfterMs?: number
  /** Its time to live after the end is over. */
  readonly deleteJob?: true
}

/** Why a Job ends. */
interface End {
  readonly is: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

/** A ladder: finished, ending, suspended, otherwise running. Pure. */
export function planJob(job: Job, pods: readonly Pod[], now: Date, nodeName: string): JobPlan {
  if (isFinished(job)) return afterTheEnd(job, now)
  const buckets = sortPods(job, pods)
  const end = endOfJob(job, buckets, now)
  if (end) return ending(job, buckets, end, now)
  if (job.spec.suspend) return suspended(job, buckets, now)
  return running(job, buckets, pods, now, nodeName)
}

function afterTheEnd(job: Job, now: Date): JobPlan {
  const ttl = job.spec.ttlSecondsAfterFinished
  if (ttl === undefined) return { create: [], delete: [] }
  const ended = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
  const leftMs = Date.parse(ended?.lastTransitionTime ?? '') + ttl * 1000 - now.getTime()
  return leftMs > 0 ? { create: [], delete: [], requeueAfterMs: leftMs } : { create: [], delete: [], deleteJob: true }
}

function endOfJob(job: Job, buckets: Buckets, now: Date): End | undefined {
  const decided = job.status?.conditions?.find(
    ({ type, status }) => (type === 'SuccessCriteriaMet' || type === 'FailureTarget') && status === 'True',
  )
  if (decided)
    return {
      is: decided.type === 'FailureTarget' ? 'Failed' : 'Complete',
      reason: decided.reason ?? '',
      message: decided.message ?? '',
    }
  if (buckets.fatal) return { is: 'Failed', reason: 'PodFailurePolicy', message: buckets.fatal.message }
  const { backoffLimit = 6 } = job.spec
  if (buckets.failed.length > backoffLimit || restartsPass(job, buckets))
    return { is: 'Failed', reason: 'BackoffLimitExceeded', message: limitMessage(buckets) }
  if (!job.spec.suspend && deadlineMs(job, now) <= 0)
    return { is: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  return isComplete(job, buckets)
    ? { is: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}

function limitMessage({ failed }: Buckets): string {
  const text = 'Job has reached the specified backoff limit'
  const last = failed.at(-1)
  const told = last?.status?.containerStatuses?.map(({ state }) => state.terminated).find(state => state?.exitCode)
  if (!last || !told) return text
  const message = told.message ? `: ${told.message.trim().split('\n').at(-1)}` : ''
  return `${text}; pod ${last.metadata.name} ended with exit code ${told.exitCode} (${told.reason})${message}`.slice(
    0,
    1024,
  )
}

/** Pods that restart their own containers are charged by their restarts. */
function restartsPass(job: Job, { active }: Buckets): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  const { backoffLimit = 6 } = job.spec
  const restarts = active
    .flatMap(pod => [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

/** Infinity without a deadline. */
function deadlineMs(job: Job, now: Date): number {
  const { activeDeadlineSeconds } = job.spec
  const started = job.status?.startTime
  if (activeDeadlineSeconds === undefined || started === undefined) return Number.POSITIVE_INFINITY
  return Date.parse(started) + activeDeadlineSeconds * 1000 - now.getTime()
}

const isIndexed = (job: Job) => job.spec.completionMode === 'Indexed'
const succeededIndexes = ({ succeeded }: Buckets) => [...new Set(succeeded.map(indexOf))]

function successCount(job: Job, buckets: Buckets): number {
  return isIndexed(job) ? succeededIndexes(buckets).length : buckets.succeeded.length
}

/** Without `completions` one success is the end, once the others are over, too. */
function isComplete(job: Job, buckets: Buckets): boolean {
  const { completions } = job.spec
  if (completions === undefined) {
    if (job.spec.parallelism === undefined) return buckets.succeeded.length > 0
    return buckets.succeeded.length > 0 && buckets.active.length === 0 && buckets.terminating.length === 0
  }
  return successCount(job, buckets) >= completions
}

/** Pods go first; the condition that everybody waits for comes when none is left. */
function ending(job: Job, buckets: Buckets, end: End, now: Date): JobPlan {
  const isOver = buckets.active.length === 0 && buckets.terminating.length === 0
  const { reason, message } = end
  const early = end.is === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
  const types = isOver ? ([early, end.is] as const) : ([early] as const)
  const conditions = types.reduce(
    (list, type) => withCondition(list, { type, status: 'True', reason, message }, now),
    job.status?.conditions ?? [],
  )
  const terminating = [...buckets.terminating, ...buckets.active]
  const counted = countedStatus(job, { ...buckets, active: [], terminating }, now)
  const status = {
    ...counted,
    conditions,
    ...(isOver && end.is === 'Complete' ? { completionTime: rfc3339(now) } : {}),
  }
  const ttl = job.spec.ttlSecondsAfterFinished
  return {
    create: [],
    delete: buckets.active,
    status,
    ...(isOver && ttl !== undefined ? { requeueAfterMs: ttl * 1000 } : {}),
  }
}

/** Its pods are deleted with their grace, its start is forgotten. */
function suspended(job: Job, buckets: Buckets, now: Date): JobPlan {
  const terminating = [...buckets.terminating, ...buckets.active]
  const { startTime: _, ...counted } = countedStatus(job, { ...buckets, active: [], terminating }, now)
  const condition = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' } as const
  const conditions = withCondition(job.status?.conditions ?? [], condition, now)
  return { create: [], delete: buckets.active, status: { ...counted, conditions } }
}

function running(job: Job, buckets: Buckets, pods: readonly Pod[], now: Date, nodeName: string): JobPlan {
  const wanted = wantedCount(job, buckets)
  const excess = buckets.active.slice(wanted)
  const missing = wanted - buckets.active.length - waitingFor(job, buckets)
  const delayMs = missing > 0 ? backoffMs(job, buckets, now) : 0
  const create = missing > 0 && delayMs <= 0 ? newPods(job, buckets, pods, missing, nodeName) : []
  const active = [...buckets.active.slice(0, wanted), ...create]
  const counted = countedStatus(job, { ...buckets, active, terminating: [...buckets.terminating, ...excess] }, now)
  const conditions = resumed(job, now)
  const waits = [delayMs, deadlineMs(job, now)].filter(ms => ms > 0 && Number.isFinite(ms))
  return {
    create,
    delete: excess,
    status: { ...counted, ...(conditions.length > 0 ? { conditions } : {}) },
    ...(waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {}),
  }
}

function wantedCount(job: Job, buckets: Buckets): number {
  const { parallelism = 1, completions } = job.spec
  if (completions !== undefined) return Math.max(0, Math.min(parallelism, completions - successCount(job, buckets)))
  return buckets.succeeded.length > 0 ? Math.min(parallelism, buckets.active.length) : parallelism
}

/** Pods still ending hold their place where replacements wait for them. */
function waitingFor(job: Job, { terminating }: Buckets): number {
  const { podReplacementPolicy, podFailurePolicy } = job.spec
  return podReplacementPolicy === 'Failed' || podFailurePolicy !== undefined ? terminating.length : 0
}

const FIRST_BACKOFF_MS = 10_000
const LAST_BACKOFF_MS = 600_000

/** Doubles with every charged failure since the last success, as Kubernetes does. */
function backoffMs(_job: Job, { failed, succeeded }: Buckets, now: Date): number {
  const lastSuccess = Math.max(0, ...succeeded.map(endOf))
  const since = failed.map(endOf).filter(end => end > lastSuccess)
  if (since.length === 0) return 0
  const delay = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (since.length - 1))
  return Math.max(...since) + delay - now.getTime()
}

function newPods(job: Job, buckets: Buckets, pods: readonly Pod[], count: number, nodeName: string): readonly Pod[] {
  if (!isIndexed(job))
    return Array.from({ length: count }, (_, i) => podOfJob(job, pods.length + i, undefined, nodeName))
  const busy = new Set([...succeededIndexes(buckets), ...buckets.active.map(indexOf)])
  const free = Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index).filter(index => !busy.has(index))
  return free.slice(0, count).map(index => {
    const ordinal = pods.filter(pod => pod.metadata.annotations?.[INDEX_KEY] === String(index)).length
    return podOfJob(job, ordinal, index, nodeName)
  })
}

function countedStatus(job: Job, buckets: Buckets, now: Date): JobStatus {
  const { active, terminating, failed, ignored } = buckets
  const ready = active.filter(isReady).length
  const failedCount = Math.max(job.status?.failed ?? 0, failed.length + ignored.length)
  const succeeded = Math.max(job.status?.succeeded ?? 0, successCount(job, buckets))
  return {
    startTime: job.status?.startTime ?? rfc3339(now),
    ...(active.length > 0 ? { active: active.length } : {}),
    ready,
    terminating: terminating.length,
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failedCount > 0 ? { failed: failedCount } : {}),
    ...(isIndexed(job) && succeeded > 0 ? { completedIndexes: printIndexes(succeededIndexes(buckets)) } : {}),
    uncountedTerminatedPods: {},
  }
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

function resumed(job: Job, now: Date): readonly JobCondition[] {
  const conditions = job.status?.conditions ?? []
  if (!conditions.some(({ type, status }) => type === 'Suspended' && status === 'True')) return conditions
  const condition = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' } as const
  return withCondition(conditions, condition, now)
}

function withCondition(list: readonly JobCondition[], next: JobCondition, now: Date): readonly JobCondition[] {
  const old = list.find(({ type }) => type === next.type)
  if (old?.status === next.status) return list
  const time = rfc3339(now)
  return [...list.filter(condition => condition !== old), { ...next, lastProbeTime: time, lastTransitionTime: time }]
}
