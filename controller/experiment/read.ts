/** All that the experiment reconciler looks at, from the caches alone. */
import type { Experiment, SpecProblem } from '#api'
import { templateText } from '../admission/admit.ts'
import { defaultExperiment } from '../admission/default.ts'
import { examineExperiment } from '../admission/examine.ts'
import type { AdmissionKnowledge } from '../admission/knowledge.ts'
import { templateKind } from '../admission/trial-kind.ts'
import { type Caches, suggestionOf } from '../caches.ts'
import type { TrialGuard } from '../trial-guard.ts'
import { dueAssignments } from './due.ts'
import { isOver } from './verdict.ts'
import type { ExperimentWorld } from './world.ts'

export async function readExperiment(
  caches: Caches,
  key: string,
  knowledge: AdmissionKnowledge,
  sinceStatusMs: number,
  guard?: TrialGuard,
): Promise<ExperimentWorld | undefined> {
  const [namespace, name] = key.split('/')
  const stored = caches.experiments.get(namespace, name)
  if (!stored) return undefined
  const template = await templateOf(caches, stored.spec.trialTemplate?.configMap)
  const { self, problems } = examined(stored, knowledge, template)
  const world = {
    self,
    ...suggestionOf(caches, stored),
    trials: caches.roster.of(stored.metadata.uid),
    problems: stored.status?.conditions?.length ? [] : problems,
    ...(template ? { template } : {}),
    sinceStatusMs,
  }
  return { ...world, ...(await refusalOf(world, guard)) }
}

async function refusalOf(world: ExperimentWorld, guard: TrialGuard | undefined): Promise<{ refusal?: string }> {
  const { self, template } = world
  if (!guard || isOver(self.status?.conditions) || dueAssignments(world).length === 0) return {}
  const kind = templateKind(self.spec.trialTemplate, template && 'text' in template ? template.text : undefined)
  const refusal = kind && (await guard.refusal(self, kind))
  return refusal === undefined ? {} : { refusal }
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

interface Examined {
  readonly self: Experiment
  readonly problems: readonly SpecProblem[]
}

/** Cached objects never change, and each is looked at for every trial that moves. */
const known = new WeakMap<Experiment, Examined & { readonly template: string }>()

function examined(stored: Experiment, knowledge: AdmissionKnowledge, template: ExperimentWorld['template']): Examined {
  const templateText = JSON.stringify(template) ?? ''
  const before = known.get(stored)
  if (before?.template === templateText) return before
  // A ConfigMap that is not there may come; what cannot be read is not judged.
  const text = template && 'text' in template ? { template } : {}
  const { experiment, problems } = examineExperiment(stored, { ...knowledge, ...text })
  // Budgets may be below what has run already: that is an edit, not a mistake of the object.
  const self = { ...stored, spec: defaultExperiment(experiment ?? stored).spec }
  known.set(stored, { self, problems, template: templateText })
  return { self, problems }
}
