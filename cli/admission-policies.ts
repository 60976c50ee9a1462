/** What the webhooks of a cluster answer, on Katib's paths: the functions that the embedded server asks too. */
import { type Experiment, parseExperiment, type Resource, unknownFields } from '#api'
import { admitExperiment, defaultExperiment, type GetObject, metricWarnings, readConfigMap } from '#controller'
import type { Policy, ReviewedWrite } from '#server'
import { knowledge } from './knowledge.ts'

export function admissionPolicies(get: GetObject): ReadonlyMap<string, Policy> {
  return new Map<string, Policy>([
    ['/mutate-experiment', mutate],
    ['/validate-experiment', write => validate(write, get)],
  ])
}

/** Fills in what is left out. What cannot be read stays as it is: the schema or `validate` refuses it, with every problem. */
function mutate({ object }: ReviewedWrite): { object?: Resource } {
  const { experiment, problems } = parseExperiment(object)
  if (experiment === undefined || problems.length > 0) return {}
  return { object: { ...object, spec: defaultExperiment(experiment).spec } }
}

async function validate(write: ReviewedWrite, get: GetObject): Promise<{ warnings: readonly string[] }> {
  const admitted = await admitExperiment(write, get, knowledge)
  if (write.operation !== 'CREATE') return { warnings: [] }
  // Whatever was admitted on creation is an Experiment.
  const experiment = admitted as Experiment
  const template = await readConfigMap(experiment, get)
  const text = template && 'text' in template ? template.text : undefined
  const found = [...unknownFields(write.object.spec), ...metricWarnings(experiment, text)]
  return { warnings: found.map(({ path, message }) => `${path}: ${message}`) }
}
