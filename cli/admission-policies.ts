/** What the webhooks of a cluster answer, on Katib's paths: the functions that the embedded server asks too. */
import { parseExperiment, type Resource } from '#api'
import { defaultExperiment, type GetObject, withListsInPlace } from '#controller'
import type { Policy, ReviewedWrite } from '#server'
import { judgeExperiment } from './experiment-policy.ts'

export function admissionPolicies(get: GetObject): ReadonlyMap<string, Policy> {
  return new Map<string, Policy>([
    ['/mutate-experiment', mutate],
    ['/validate-experiment', write => validate(write, get)],
  ])
}

/** Fills in what is left out. What cannot be read stays as it is: the schema or `validate` refuses it, with every problem. */
function mutate({ object }: ReviewedWrite): { object?: Resource } {
  const read = withListsInPlace(object)
  const { experiment, problems } = parseExperiment(read)
  if (experiment === undefined || problems.length > 0) return { object: read }
  return { object: { ...object, spec: defaultExperiment(experiment).spec } }
}

async function validate(write: ReviewedWrite, get: GetObject): Promise<{ warnings: readonly string[] }> {
  const { warnings } = await judgeExperiment(write, get)
  return { warnings }
}
