/** What the reconcilers look at: the process's informers, by kind. */
import {
  API_VERSION,
  controllerOf,
  EXPERIMENT_LABEL,
  type Experiment,
  type Resource,
  SUGGESTION_LABEL,
  type Suggestion,
  TRIAL_LABEL,
  type Trial,
} from '#api'
import type { Informer, Informers } from '#kube'
import { Roster } from './roster.ts'

interface Type {
  readonly apiVersion: string
  readonly kind: string
}

export interface Caches {
  readonly experiments: Informer<Experiment>
  readonly suggestions: Informer<Suggestion>
  /** Indexed `uid` by UID. */
  readonly trials: Informer<Trial>
  /** Trials by Experiment UID, in order. */
  readonly roster: Roster
  /** Jobs of trials of one kind; watched from the first call on. */
  jobs(type: Type): Informer
  /** Pods of trials, indexed `trial` by namespace/name of the Trial; watched from the first call on. */
  pods(): Informer
  /** Of algorithms that are not ours; watched from the first call on. */
  deployments(): Informer
  /** Watched from the first call on. */
  configMaps(): Informer
}

export function cachesOf(informers: Informers): Caches {
  const type = (kind: string) => ({ apiVersion: API_VERSION, kind })
  const indexes = { uid: (trial: Trial) => [trial.metadata.uid ?? ''] }
  const trials = informers.of<Trial>(type('Trial'), { indexes })
  return {
    experiments: informers.of<Experiment>(type('Experiment')),
    suggestions: informers.of<Suggestion>(type('Suggestion')),
    trials,
    roster: new Roster(trials),
    jobs: job => informers.of(job, { labelSelector: EXPERIMENT_LABEL }),
    pods: () => informers.of(POD, { labelSelector: EXPERIMENT_LABEL, indexes: { trial: trialKey } }),
    deployments: () => informers.of(DEPLOYMENT, { labelSelector: SUGGESTION_LABEL }),
    configMaps: () => informers.of({ apiVersion: 'v1', kind: 'ConfigMap' }),
  }
}

/** Where an object that was just written belongs. */
export function informerOf(caches: Caches, { apiVersion, kind }: Type): Informer | undefined {
  // These are made and never looked at: no watch for them.
  if (kind === 'PersistentVolumeClaim' || kind === 'Service') return undefined
  if (kind === 'Deployment') return caches.deployments()
  if (apiVersion !== API_VERSION) return caches.jobs({ apiVersion, kind })
  // Each cache holds the kind it is named for, and only objects of that kind are offered to it.
  const own: Readonly<Record<string, unknown>> = {
    Experiment: caches.experiments,
    Suggestion: caches.suggestions,
    Trial: caches.trials,
  }
  return own[kind] as Informer | undefined
}

/** The Suggestion of this very Experiment, or the object of somebody else that has its name. */
export function suggestionOf(
  { suggestions }: Caches,
  { metadata }: Experiment,
): { readonly suggestion: Suggestion | undefined; readonly holder?: Resource } {
  const found = suggestions.get(metadata.namespace, metadata.name)
  if (!found || controllerOf(found)?.uid === metadata.uid) return { suggestion: found }
  return { suggestion: undefined, holder: found }
}

/** The kind that a Trial runs. */
export function jobTypeOf(trial: Trial): Type | undefined {
  const { apiVersion, kind } = (trial.spec.runSpec ?? {}) as Partial<Type>
  return apiVersion && kind ? { apiVersion, kind } : undefined
}

export const keyOf = ({ metadata }: Resource) => `${metadata.namespace ?? ''}/${metadata.name}`

const POD = { apiVersion: 'v1', kind: 'Pod' } as const
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' } as const

function trialKey({ metadata }: Resource): readonly string[] {
  const trial = metadata.labels?.[TRIAL_LABEL]
  return trial === undefined ? [] : [`${metadata.namespace}/${trial}`]
}
