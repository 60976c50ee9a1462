/** What the webhooks of a cluster answer, on Katib's paths: the functions that the embedded server asks too. */
import { type Experiment, InvalidSpec, parseExperiment, type Resource } from '#api'
import {
  type AdmissionKnowledge,
  defaultExperiment,
  type GetObject,
  readConfigMap,
  templateKind,
  withListsInPlace,
} from '#controller'
import type { Policy, ReviewedWrite, Verdict } from '#server'
import { judgeExperiment } from '../experiment-policy.ts'
import type { Creators } from './creators.ts'

export interface AdmissionOptions {
  /** ConfigMaps, from a cache. */
  readonly get: GetObject
  readonly knowledge: AdmissionKnowledge
  readonly creators: Creators
  /** A creator without the right to the kind of his trials is refused, or only warned. */
  readonly creatorMode: 'warn' | 'enforce'
  readonly pods: Policy
}

export function admissionPolicies(options: AdmissionOptions): ReadonlyMap<string, Policy> {
  return new Map<string, Policy>([
    ['/mutate-experiment', write => mutate(write, options)],
    ['/validate-experiment', write => validate(write, options)],
    ['/mutate-pod', options.pods],
  ])
}

/**
 * Fills in what is left out, and signs who made it. What cannot be read keeps its spec as it is: the schema or `validate`
 * refuses it, with every problem.
 */
async function mutate({ object, old, user }: ReviewedWrite, { creators }: AdmissionOptions): Promise<Verdict> {
  const read = withListsInPlace(object)
  const signed = user ? await creators.sign(read, old, user) : read
  const { experiment, problems } = parseExperiment(read)
  if (experiment === undefined || problems.length > 0) return { object: signed }
  return { object: { ...signed, spec: defaultExperiment(experiment).spec } }
}

async function validate(write: ReviewedWrite, options: AdmissionOptions): Promise<Verdict> {
  const { object, warnings } = await judgeExperiment(write, options.get, options.knowledge)
  const refusal = write.operation === 'CREATE' ? await refusalOf(object, write, options) : undefined
  if (refusal === undefined) return { warnings }
  const problem = { path: 'spec.trialTemplate', reason: 'Invalid' as const, message: refusal }
  if (options.creatorMode === 'enforce') throw new InvalidSpec([problem])
  return { warnings: [...warnings, `${problem.path}: ${refusal}`] }
}

/** Of whoever creates it; what was created before is looked at for each trial. */
async function refusalOf(
  object: Resource,
  { user }: ReviewedWrite,
  { get, creators }: AdmissionOptions,
): Promise<string | undefined> {
  const template = await readConfigMap(object, get)
  // What was judged is an Experiment.
  const { trialTemplate } = (object as Experiment).spec
  const kind = templateKind(trialTemplate, template && 'text' in template ? template.text : undefined)
  return user && kind && creators.refusal(user, kind, object.metadata.namespace)
}
