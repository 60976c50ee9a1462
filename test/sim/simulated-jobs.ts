/** Jobs of a simulated machine: each runs for its time, reports, and ends; a suspended one ends without a word. */
import { type Resource, refOf, TRIAL_UID_ANNOTATION } from '#api'
import { type Clock, createClient, createInformers, type Transport } from '#kube'
import type { ObservationStore } from '#store'

export interface SimulatedEnd {
  readonly afterMs: number
  /** What is reported of `loss`, in order; empty: nothing. */
  readonly losses: readonly string[]
  readonly fails?: true
}

export interface SimulatedJobs extends AsyncDisposable {
  /** Jobs whose programs run now. */
  readonly running: ReadonlySet<string>
}

/** `endOf` is asked with the Job and the number of Jobs that started before it. */
export function startSimulatedJobs(options: {
  readonly transport: Transport
  readonly clock: Clock
  readonly observations: ObservationStore
  endOf(job: Resource, order: number): SimulatedEnd
}): SimulatedJobs {
  const { transport, clock, observations, endOf } = options
  const client = createClient(transport)
  const informers = createInformers({ transport, clock, random: () => 0.5, log: () => {} })
  const running = new Set<string>()
  const started = new Set<string>()
  const jobs = informers.of({ apiVersion: 'batch/v1', kind: 'Job' })

  const write = async (job: Resource, status: object) => {
    await client.patch(refOf(job), { status }, 'status')
  }
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: clock.now().toISOString() })

  async function start(job: Resource): Promise<void> {
    const uid = job.metadata.uid as string
    const end = endOf(job, started.size)
    started.add(uid)
    running.add(uid)
    clock.after(end.afterMs, () => void finish(job, end))
    await write(job, { active: 1, ready: 1, startTime: clock.now().toISOString() })
  }

  async function finish(job: Resource, end: SimulatedEnd): Promise<void> {
    const { uid = '', namespace, name } = job.metadata
    if (!running.delete(uid) || jobs.get(namespace, name)?.metadata.uid !== uid) return
    const trialUid = trialUidOf(job)
    const rows = end.losses.map((value, i) => ({ metricName: 'loss', value, sequence: i + 1 }))
    await observations.append({ trialUid, attempt: 0, stream: 'log', rows, final: true })
    await write(job, { active: 0, ready: 0, conditions: [condition(end.fails ? 'Failed' : 'Complete')] })
  }

  async function suspend(job: Resource): Promise<void> {
    running.delete(job.metadata.uid as string)
    await write(job, { active: 0, ready: 0, terminating: 0, startTime: null, conditions: [condition('Suspended')] })
  }

  jobs.onChange(({ type, object }) => {
    const uid = object.metadata.uid as string
    const isSuspended = (object.spec as { suspend?: boolean } | undefined)?.suspend === true
    if (type === 'deleted' || object.metadata.deletionTimestamp) running.delete(uid)
    else if (isSuspended && running.has(uid)) void suspend(object)
    else if (!isSuspended && !started.has(uid)) void start(object)
  })
  return {
    running,
    async [Symbol.asyncDispose]() {
      await informers[Symbol.asyncDispose]()
    },
  }
}

function trialUidOf(job: Resource): string {
  const owner = job.metadata.ownerReferences?.find(({ kind }) => kind === 'Trial')
  return owner?.uid ?? job.metadata.annotations?.[TRIAL_UID_ANNOTATION] ?? ''
}
