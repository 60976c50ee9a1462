/** All that the experiment reconciler looks at, from the caches alone. */
import type { Trial } from '#api'
import { templateText } from '../admission/admit.ts'
import { defaultExperiment } from '../admission/default.ts'
import { examineExperiment } from '../admission/examine.ts'
import type { AdmissionKnowledge } from '../admission/knowledge.ts'
import type { Caches } from '../caches.ts'
import { indexOf } from '../trial-state.ts'
import type { ExperimentWorld } from './world.ts'

export async function readExperiment(
  caches: Caches,
  key: string,
  knowledge: AdmissionKnowledge,
  sinceStatusMs: number,
): Promise<ExperimentWorld | undefined> {
  const [namespace, name] = key.split('/')
  const stored = caches.experiments.get(namespace, name)
  if (!stored) return undefined
  const template = await templateOf(caches, stored.spec.trialTemplate?.configMap)
  const { experiment, problems } = examineExperiment(stored, { ...knowledge, ...(template ? { template } : {}) })
  // Budgets may be below what has run already: that is an edit, not a mistake of the object.
  const self = { ...stored, spec: defaultExperiment(experiment ?? stored).spec }
  return {
    self,
    suggestion: caches.suggestions.get(namespace, name),
    trials: trialsOf(caches, key, stored.metadata.uid),
    problems: stored.status?.conditions?.length ? [] : problems,
    ...(template ? { template } : {}),
    sinceStatusMs,
  }
}

/** Of this Experiment, not of an older one that had its name. */
export function trialsOf(caches: Caches, key: string, uid: string | undefined): readonly Trial[] {
  return caches.trials
    .byIndex('experiment', key)
    .filter(trial => trial.metadata.ownerReferences?.some(owner => owner.uid === uid))
    .sort(byIndex)
}

/** Oldest first, whatever order a cache was filled in; trials that Katib made come before ours. */
function byIndex(a: Trial, b: Trial): number {
  const difference = (indexOf(a) ?? -1) - (indexOf(b) ?? -1)
  return difference === 0 && a.metadata.name !== b.metadata.name
    ? a.metadata.name < b.metadata.name
      ? -1
      : 1
    : difference
}

async function templateOf(
  caches: Caches,
  place: { configMapName?: string; configMapNamespace?: string; templatePath?: string } | undefined,
) {
  const { configMapName: name = '', configMapNamespace: namespace = '', templatePath = '' } = place ?? {}
  if (!place || !name) return undefined
  const configMaps = caches.configMaps()
  await configMaps.synced()
  return templateText(configMaps.get(namespace, name), { name, namespace, templatePath })
}
