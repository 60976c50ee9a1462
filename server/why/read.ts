/** Everything `why` looks at, read with a client that may read: the objects of one experiment, as they are now. */
import {
  API_VERSION,
  EXPERIMENT_LABEL,
  type Experiment,
  type Resource,
  type Suggestion,
  TRIAL_LABEL,
  type Trial,
} from '#api'
import type { ReadingClient } from '#kube'
import { isActive, type Warning, type WhyWorld } from './world.ts'

/** What only the caller knows; trials where a cache has them. */
export type Surroundings = Pick<WhyWorld, 'served' | 'place' | 'startWith' | 'storeAway' | 'now'> &
  Partial<Pick<WhyWorld, 'trials'>>

/** What may not be read (pods on a cluster, say) is left out; the sentence then rests on the Trials alone. */
export async function readWhyWorld(
  client: ReadingClient,
  experiment: Experiment,
  surroundings: Surroundings,
): Promise<WhyWorld> {
  const { namespace = 'default', name, uid } = experiment.metadata
  const labelSelector = `${EXPERIMENT_LABEL}=${name}`
  const list = <T extends Resource>(type: { apiVersion: string; kind: string }) =>
    orNothing<readonly T[]>(
      client.list<T>(type, { namespace, labelSelector }).then(({ items }) => items),
      [],
    )
  const known = surroundings.trials ?? (await list<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }))
  const trials = known.filter(({ metadata }) => metadata.ownerReferences?.every(owner => owner.uid === uid) ?? true)
  const suggestion = await client.get<Suggestion>({ apiVersion: API_VERSION, kind: 'Suggestion', namespace, name })
  const active = trials.filter(isActive)
  const jobs = (await Promise.all(jobTypes(active).map(type => list(type)))).flat()
  const pods = active.length === 0 ? [] : await list({ apiVersion: 'v1', kind: 'Pod' })
  const podless = jobs.filter(job => !pods.some(pod => pod.metadata.labels?.[TRIAL_LABEL] === job.metadata.name))
  const asked = [experiment, suggestion, ...podless.slice(0, MOST_EVENTS)].filter(object => object !== undefined)
  const warnings = await Promise.all(asked.map(object => latestWarning(client, namespace, object.metadata.uid ?? '')))
  return { ...surroundings, experiment, suggestion, trials, jobs, pods, warnings: new Map(warnings.flat()) }
}

const MOST_EVENTS = 5

function jobTypes(trials: readonly Trial[]): readonly { apiVersion: string; kind: string }[] {
  const types = trials.map(({ spec }) => (spec.runSpec ?? {}) as { apiVersion?: string; kind?: string })
  const distinct = new Map(
    types.map(({ apiVersion = '', kind = '' }) => [`${apiVersion}/${kind}`, { apiVersion, kind }]),
  )
  return [...distinct.values()].filter(({ apiVersion, kind }) => apiVersion !== '' && kind !== '')
}

async function latestWarning(
  client: ReadingClient,
  namespace: string,
  uid: string,
): Promise<readonly (readonly [string, Warning])[]> {
  const fieldSelector = `involvedObject.uid=${uid}`
  const { items } = await orNothing(client.list({ apiVersion: 'v1', kind: 'Event' }, { namespace, fieldSelector }), {
    items: [],
    resourceVersion: '',
  })
  const time = (event: Resource) => String(event.lastTimestamp ?? event.firstTimestamp ?? '')
  const latest = items.filter(({ type }) => type === 'Warning').toSorted((a, b) => (time(a) < time(b) ? 1 : -1))[0]
  return latest ? [[uid, { reason: String(latest.reason), message: String(latest.message), time: time(latest) }]] : []
}

async function orNothing<T>(reading: Promise<T>, nothing: T): Promise<T> {
  try {
    return await reading
  } catch {
    // No right to it, or the kind is not installed: what is left still has a sentence.
    return nothing
  }
}
