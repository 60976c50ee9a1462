/** Jobs of a simulated machine: each runs for its time, reports, and ends; a suspended one ends without a word. */
import { type Resource, refOf, TRIAL_UID_ANNOTATION } from '#api'
import { type Clock, createClient, createInformers, type Transport } from '#kube'
import type { ObservationStore } from '#store'

export interface SimulatedEnd {
  readonly afterMs: number
  /** What is reported of `loss`, in order; empty: nothing. */
  readonly losses: readonly string[]
  /** One loss each time; absent: all of them at the end. */
  readonly everyMs?: number
  /** What a pod that was lost before reported of `loss`. */
  readonly lost?: readonly string[]
  readonly fails?: true
  /** The program never starts: no image, no room. */
  readonly waits?: true
  /** The collector is lost before it could say that nothing more comes. */
  readonly isCutOff?: true
}

/** One value of `loss` that the store has acknowledged. */
export interface Reported {
  readonly attempt: number
  readonly value: string
}

/** What is true of the machine, whatever anybody knows of it; by UID of the Trial. */
export interface MachineRecord {
  readonly reported: Map<string, Reported[]>
  /** Trials whose programs run now. */
  readonly running: Set<string>
}

/** `endOf` is asked with the Job and the number of Jobs that started before it. */
export function startSimulatedJobs(options: {
  readonly transport: Transport
  /** Where its Jobs are; absent: everywhere. */
  readonly namespace?: string
  readonly clock: Clock
  readonly observations: ObservationStore
  readonly record: MachineRecord
  endOf(job: Resource, order: number): SimulatedEnd
}): AsyncDisposable {
  const { transport, clock, observations, record, endOf } = options
  const client = createClient(transport)
  const informers = createInformers({ transport, clock, random: () => 0.5, log: () => {} })
  /** Jobs that have started, and what they still mean to do; none once they have ended. */
  const started = new Map<string, readonly Disposable[]>()
  /** Of those that run: when the server has heard of it. A job that ends before it has begun is refused. */
  const told = new Map<string, Promise<void>>()
  const jobs = informers.of(
    { apiVersion: 'batch/v1', kind: 'Job' },
    options.namespace === undefined ? {} : { namespace: options.namespace },
  )

  const write = async (job: Resource, status: object) => {
    await client.patch(refOf(job), { status }, 'status')
  }
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: clock.now().toISOString() })

  /** Sent twice, as by one who lost the first acknowledgement. */
  async function report(trialUid: string, attempt: number, from: number, values: readonly string[], final = false) {
    const rows = values.map((value, i) => ({ metricName: 'loss', value, sequence: from + i + 1 }))
    const sent = { trialUid, attempt, stream: `log-${attempt}`, rows, ...(final ? { final } : {}) }
    await observations.append(sent)
    const known = record.reported.get(trialUid) ?? []
    record.reported.set(trialUid, [...known, ...values.map(value => ({ attempt, value }))])
    await observations.append(sent)
  }

  async function start(job: Resource): Promise<void> {
    const trialUid = trialUidOf(job)
    const end = endOf(job, started.size)
    const { losses, everyMs, lost = [] } = end
    const attempt = lost.length > 0 ? 1 : 0
    const timers: Disposable[] = []
    started.set(job.metadata.uid as string, timers)
    if (end.waits) return write(job, { active: 1, ready: 0, startTime: clock.now().toISOString() })
    record.running.add(trialUid)
    const early = everyMs === undefined ? [] : losses.filter((_, i) => (i + 1) * everyMs < end.afterMs)
    for (const [i, value] of early.entries())
      timers.push(clock.after((i + 1) * (everyMs ?? 0), () => void report(trialUid, attempt, i, [value])))
    timers.push(clock.after(end.afterMs, () => void finish(job, end, attempt, early.length)))
    if (lost.length > 0) await report(trialUid, 0, 0, lost)
    const begins = write(job, { active: 1, ready: 1, startTime: clock.now().toISOString() })
    told.set(job.metadata.uid as string, begins)
    await begins
  }

  async function finish(job: Resource, end: SimulatedEnd, attempt: number, from: number): Promise<void> {
    const { uid = '', namespace, name } = job.metadata
    halt(job)
    await told.get(uid)
    told.delete(uid)
    if (jobs.get(namespace, name)?.metadata.uid !== uid) return
    await report(trialUidOf(job), attempt, from, end.losses.slice(from), !end.isCutOff)
    // The second condition comes with the first one, as from the Job controller.
    const conditions = (end.fails ? ['FailureTarget', 'Failed'] : ['SuccessCriteriaMet', 'Complete']).map(condition)
    const completion = end.fails ? {} : { completionTime: clock.now().toISOString() }
    await write(job, { active: 0, ready: 0, conditions, ...completion })
  }

  function halt(job: Resource): void {
    const uid = job.metadata.uid as string
    for (const timer of started.get(uid) ?? []) timer[Symbol.dispose]()
    started.set(uid, [])
    record.running.delete(trialUidOf(job))
  }

  async function suspend(job: Resource): Promise<void> {
    halt(job)
    await write(job, { active: 0, ready: 0, terminating: 0, startTime: null, conditions: [condition('Suspended')] })
  }

  jobs.onChange(({ type, object }) => {
    const timers = started.get(object.metadata.uid as string)
    const { suspend: isSuspended = false } = (object.spec ?? {}) as { suspend?: boolean }
    const { active = 0 } = (object.status ?? {}) as { active?: number }
    if (type === 'deleted' || object.metadata.deletionTimestamp) halt(object)
    else if (isSuspended && timers && active > 0) void suspend(object)
    else if (!isSuspended && !timers) void start(object)
  })
  return informers
}

function trialUidOf(job: Resource): string {
  const owner = job.metadata.ownerReferences?.find(({ kind }) => kind === 'Trial')
  return owner?.uid ?? job.metadata.annotations?.[TRIAL_UID_ANNOTATION] ?? ''
}
