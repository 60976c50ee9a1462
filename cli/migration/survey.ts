/** What of Katib's is on a cluster, read and changed by nobody. */
import {
  API_VERSION,
  controllerOf,
  type Experiment,
  INDEX_LABEL,
  isTrue,
  KATIB_FINALIZERS,
  type Resource,
  type Suggestion,
  TAKEN_OVER_ANNOTATION,
  type Trial,
} from '#api'
import { examineExperiment } from '#controller'
import type { ReadingClient } from '#kube'
import { knowledge } from '../knowledge.ts'
import type { Search } from './take-over.ts'

export interface Survey {
  /** Made by Katib and not taken over, or taken over in part. */
  readonly katibs: readonly Search[]
  /** Every other one: taken over, or begun here. */
  readonly ours: readonly Search[]
  /** Names that trials of Katib have in more than one namespace: its observations do not tell them apart. */
  readonly ambiguous: readonly { readonly name: string; readonly namespaces: readonly string[] }[]
}

export async function survey(client: ReadingClient): Promise<Survey> {
  const [experiments, suggestions, trials] = await Promise.all([
    all<Experiment>(client, { apiVersion: API_VERSION, kind: 'Experiment' }),
    all<Suggestion>(client, { apiVersion: API_VERSION, kind: 'Suggestion' }),
    all<Trial>(client, { apiVersion: API_VERSION, kind: 'Trial' }),
  ])
  const byOwner = Map.groupBy(trials, trial => controllerOf(trial)?.uid)
  const jobs = await jobsOf(client, trials)
  const searches: Search[] = []
  for (const experiment of experiments) {
    const { uid } = experiment.metadata
    const suggestion = suggestions.find(each => controllerOf(each)?.uid === uid)
    const own = byOwner.get(uid) ?? []
    const names = new Set(own.map(each => each.metadata.uid))
    const hindrance = hindranceOf(experiment)
    searches.push({
      experiment,
      ...(suggestion ? { suggestion } : {}),
      trials: own,
      jobs: new Map(jobs.flatMap(job => (names.has(controllerOf(job)?.uid) ? [[job.metadata.name, job]] : []))),
      services: suggestion ? await servicesOf(client, suggestion) : [],
      ...(hindrance === undefined ? {} : { hindrance }),
    })
  }
  const { katibs = [], ours = [] } = Object.groupBy(searches, search => (isKatibs(search) ? 'katibs' : 'ours'))
  return { katibs, ours, ambiguous: ambiguousNames(trials) }
}

function isKatibs({ experiment, suggestion, trials }: Search): boolean {
  const { finalizers, annotations } = experiment.metadata
  const isPart = trials.some(isUnnumbered) || suggestion?.status?.suggestions?.some(({ index }) => index === undefined)
  if (isPart) return true
  return (
    annotations?.[TAKEN_OVER_ANNOTATION] === undefined &&
    finalizers?.some(name => KATIB_FINALIZERS.includes(name)) === true
  )
}

const isUnnumbered = ({ metadata }: Trial) =>
  metadata.labels?.[INDEX_LABEL] === undefined && !metadata.deletionTimestamp

function ambiguousNames(trials: readonly Trial[]): Survey['ambiguous'] {
  const byName = Map.groupBy(
    trials.filter(
      ({ metadata }) => isUnnumbered({ metadata } as Trial) || metadata.annotations?.[TAKEN_OVER_ANNOTATION],
    ),
    ({ metadata }) => metadata.name,
  )
  return [...byName].flatMap(([name, alike]) =>
    alike.length > 1 ? [{ name, namespaces: alike.map(({ metadata }) => metadata.namespace ?? '') }] : [],
  )
}

/** What is over needs nobody who goes on with it. */
function hindranceOf(experiment: Experiment): string | undefined {
  const { conditions } = experiment.status ?? {}
  if (isTrue(conditions, 'Succeeded') || isTrue(conditions, 'Failed')) return undefined
  const [first] = examineExperiment(experiment, knowledge).problems
  return first && `${first.path}: ${first.message}`
}

async function jobsOf(client: ReadingClient, trials: readonly Trial[]): Promise<readonly Resource[]> {
  const types = new Map(
    trials.flatMap(({ spec }) => {
      const { apiVersion, kind } = (spec.runSpec ?? {}) as Partial<Resource>
      return apiVersion && kind ? [[`${apiVersion}/${kind}`, { apiVersion, kind }] as const] : []
    }),
  )
  const lists = await Promise.all([...types.values()].map(type => all<Resource>(client, type)))
  return lists.flat()
}

/** Of the names that Katib gives them, and owned by this very Suggestion. */
async function servicesOf(client: ReadingClient, { metadata, spec }: Suggestion): Promise<readonly Resource[]> {
  const place = { namespace: metadata.namespace, name: `${metadata.name}-${spec.algorithm?.algorithmName ?? ''}` }
  const found = await Promise.all([
    client.get<Resource>({ apiVersion: 'apps/v1', kind: 'Deployment', ...place }),
    client.get<Resource>({ apiVersion: 'v1', kind: 'Service', ...place }),
  ])
  return found.filter(each => each !== undefined && controllerOf(each)?.uid === metadata.uid) as Resource[]
}

/** Items of a list carry no kind of their own; none where the kind is not installed. */
async function all<T extends Resource>(
  client: ReadingClient,
  type: { readonly apiVersion: string; readonly kind: string },
): Promise<readonly T[]> {
  try {
    return (await client.list<T>(type, {})).items.map(item => ({ ...item, ...type }))
  } catch (error) {
    if ((error as { code?: number }).code === 404) return []
    throw error
  }
}
