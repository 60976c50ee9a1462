/** What every door of this program decides on a written Experiment: the embedded server's and the webhook's. */
import { type Experiment, type Resource, unknownFields } from '#api'
import { type AdmissionKnowledge, admitExperiment, type GetObject, metricWarnings, readConfigMap } from '#controller'
import type { Admit } from '#standalone'
import { knowledge } from './knowledge.ts'

type Write = Parameters<typeof admitExperiment>[0]

/**
 * The defaulted object and, on its creation, what is sound and probably not meant: fields that nothing reads, and what
 * leaves trials without a metric. Throws `InvalidSpec` to refuse.
 */
export async function judgeExperiment(
  write: Write,
  get: GetObject,
  known: AdmissionKnowledge = knowledge,
): Promise<{ object: Resource; warnings: readonly string[] }> {
  const object = await admitExperiment(write, get, known)
  if (write.operation !== 'CREATE') return { object, warnings: [] }
  // Whatever was admitted on creation is an Experiment.
  const experiment = object as Experiment
  const template = await readConfigMap(experiment, get)
  const text = template && 'text' in template ? template.text : undefined
  const found = [...unknownFields(write.object.spec), ...metricWarnings(experiment, text)]
  return { object, warnings: found.map(({ path, message }) => `${path}: ${message}`) }
}

/** By kind, for the embedded server, which knows what it serves. A kind that goes later is no reason to refuse an edit. */
export function embeddedPolicies(known: AdmissionKnowledge = knowledge): Readonly<Record<string, Admit>> {
  return {
    async Experiment(request) {
      const judging = request.operation === 'CREATE' ? { ...known, serves: request.serves } : known
      const { object, warnings } = await judgeExperiment(request, ref => request.get(ref), judging)
      for (const warning of warnings) request.warn(warning)
      return object
    },
  }
}
