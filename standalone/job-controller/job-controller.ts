/** The Job controller of one machine: batch/v1 Jobs become pods, pods become the Job's status. */
import { isDeepStrictEqual } from 'node:util'
import { ApiError, controllerOf, refOf } from '#api'
import {
  type Clock,
  createClient,
  createWorkQueue,
  type Informer,
  type Informers,
  type Transport,
  type WritingClient,
} from '#kube'
import { EventRecorder } from '../event-recorder.ts'
import { POD, type Pod } from '../kubelet/pod-types.ts'
import { isBeingDeleted } from './buckets.ts'
import { conditionNews, podNews } from './job-events.ts'
import { JOB, type Job, type JobStatus } from './job-types.ts'
import { type JobPlan, planJob } from './plan-job.ts'

export interface JobControllerOptions {
  readonly transport: Transport
  readonly informers: Informers
  readonly clock: Clock
  /** The node that new pods are bound to. Default `local`. */
  readonly nodeName?: string
  log(line: string): void
}

/**
 * Starts at once and runs until disposed; what is there already is looked at as soon as the informers have it.
 * Jobs with a foreign `managedBy` are left alone, and so are Jobs being deleted: their pods are the garbage collector's.
 */
export function startJobController(options: JobControllerOptions): AsyncDisposable {
  return new JobController(options)
}

/** A Job that only began is told this much later, so that one which ends at once costs one write instead of two. */
const PROGRESS_DELAY_MS = 50

class JobController {
  readonly #options: JobControllerOptions
  readonly #client: WritingClient
  readonly #jobs: Informer<Job>
  readonly #pods: Informer<Pod>
  readonly #subscriptions = new DisposableStack()
  readonly #closing = new AbortController()
  readonly #events: EventRecorder
  readonly #queue
  /** By key of the Job: when its progress may be told. */
  readonly #progressDueMs = new Map<string, number>()

  constructor(options: JobControllerOptions) {
    this.#options = options
    const { informers, transport, clock } = options
    this.#client = createClient(transport)
    this.#events = new EventRecorder({
      client: this.#client,
      clock,
      nodeName: options.nodeName ?? 'local',
      signal: this.#closing.signal,
      log: options.log,
    })
    this.#jobs = informers.of<Job>(JOB)
    this.#pods = informers.of<Pod>(POD, { indexes: { 'job-controller': pod => jobKeyOf(pod) } })
    this.#queue = createWorkQueue({
      clock,
      concurrency: 16,
      work: (key, signal) => this.#reconcile(key, signal),
      onError: (key, error, retryInMs) => {
        if (error instanceof ApiError && error.code === 409) return
        options.log(`job ${key}: ${(error as Error).message}; again in ${Math.ceil(retryInMs)} ms`)
      },
    })
    this.#subscriptions.use(this.#jobs.onChange(({ object }) => this.#queue.add(keyOf(object))))
    this.#subscriptions.use(
      this.#pods.onChange(({ object, old }) => {
        for (const key of new Set([...jobKeyOf(object), ...(old ? jobKeyOf(old) : [])])) this.#queue.add(key)
      }),
    )
    for (const job of this.#jobs.list()) this.#queue.add(keyOf(job))
    for (const key of new Set(this.#pods.list().flatMap(jobKeyOf))) this.#queue.add(key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriptions.dispose()
    this.#closing.abort(new Error('the Job controller is closed'))
    await this.#queue[Symbol.asyncDispose]()
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#jobs.synced(signal), this.#pods.synced(signal)])
    const slash = key.indexOf('/')
    const job = this.#jobs.get(key.slice(0, slash), key.slice(slash + 1))
    const pods = this.#pods.byIndex('job-controller', key)
    const isForeign = job?.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller'
    if (!job || job.metadata.deletionTimestamp) {
      this.#progressDueMs.delete(key)
      return
    }
    const own = pods.filter(pod => controllerOf(pod)?.uid === job.metadata.uid)
    if (isForeign) return
    await this.#carryOut(
      key,
      job,
      planJob(job, own, this.#options.clock.now(), this.#options.nodeName ?? 'local'),
      signal,
    )
  }

  async #carryOut(key: string, job: Job, plan: JobPlan, signal: AbortSignal): Promise<void> {
    if (plan.requeueAfterMs !== undefined) this.#queue.addAfter(key, Math.max(1, plan.requeueAfterMs))
    if (plan.deleteJob) return this.#client.delete(refOf(job), { propagation: 'Foreground' }, signal)
    const created = await Promise.all(plan.create.map(pod => this.#client.create(pod, {}, signal)))
    for (const pod of created) this.#pods.offer(pod)
    const leaving = plan.delete.filter(pod => !isBeingDeleted(pod))
    await Promise.all(leaving.map(pod => this.#client.delete(refOf(pod), { propagation: 'Background' }, signal)))
    for (const event of podNews(job, { create: created, delete: leaving })) this.#events.record(event)
    if (plan.status === undefined || isEqualStatus(plan.status, job.status)) return
    if (this.#waitsToTell(key, job, plan.status)) return
    await this.#writeStatus(job, plan.status, signal)
    for (const event of conditionNews(job, plan.status)) this.#events.record(event)
    this.#progressDueMs.delete(key)
  }

  /** An end or a suspension is told at once. */
  #waitsToTell(key: string, job: Job, status: JobStatus): boolean {
    const isProgress = isDeepStrictEqual(status.conditions ?? [], job.status?.conditions ?? []) && !job.spec.suspend
    if (!isProgress) return false
    const nowMs = this.#options.clock.monotonicMs()
    const dueMs = this.#progressDueMs.get(key) ?? nowMs + PROGRESS_DELAY_MS
    this.#progressDueMs.set(key, dueMs)
    if (dueMs <= nowMs) return false
    this.#queue.addAfter(key, dueMs - nowMs)
    return true
  }

  async #writeStatus(job: Job, status: JobStatus, signal: AbortSignal): Promise<void> {
    const gone = Object.keys(job.status ?? {}).filter(field => !(field in status))
    const patch = {
      metadata: { uid: job.metadata.uid, resourceVersion: job.metadata.resourceVersion },
      status: { ...Object.fromEntries(gone.map(field => [field, null])), ...status },
    }
    this.#jobs.offer(await this.#client.patch<Job>(refOf(job), patch, 'status', signal))
  }
}

const keyOf = ({ metadata }: { metadata: Job['metadata'] }) => `${metadata.namespace}/${metadata.name}`

function jobKeyOf(pod: Pod): readonly string[] {
  const owner = controllerOf(pod)
  return owner?.kind === 'Job' && owner.apiVersion === JOB.apiVersion ? [`${pod.metadata.namespace}/${owner.name}`] : []
}

function isEqualStatus(next: JobStatus, old: JobStatus | undefined): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(next)), old ?? {})
}
