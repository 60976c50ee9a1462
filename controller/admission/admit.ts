/** Admission of Experiments. The embedded server and a webhook ask the same function. */
import { InvalidSpec, parseExperiment, type Resource } from '#api'
import { defaultExperiment } from './default.ts'
import { examineExperiment } from './examine.ts'
import type { AdmissionKnowledge, ValidationContext } from './knowledge.ts'
import { isIdentical } from './same-spec.ts'

/** A write that asks to be admitted; `old` is the stored object on an update. */
export interface ExperimentRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly object: Resource
  readonly old?: Resource
}

/** Reads a committed object; undefined: there is none. */
export type GetObject = (ref: {
  apiVersion: string
  kind: string
  namespace?: string
  name: string
}) => Promise<Resource | undefined>

/**
 * The defaulted Experiment. Throws `InvalidSpec` with every problem at once. An update that leaves the spec as stored
 * passes, valid or not: metadata of an object that an older version admitted can always be changed.
 */
export async function admitExperiment(
  request: ExperimentRequest,
  get: GetObject,
  knowledge: AdmissionKnowledge,
): Promise<Resource> {
  const { operation, object, old } = request
  if (operation === 'DELETE' || (old && isIdentical(object.spec, old.spec))) return object
  const template = await readConfigMap(object, get)
  const stored = old && parseExperiment(old).experiment
  const { experiment, problems } = examineExperiment(object, {
    ...knowledge,
    ...(stored && { old: defaultExperiment(stored) }),
    ...(template && { template }),
  })
  if (!experiment || problems.length > 0) throw new InvalidSpec(problems)
  const constraints = await knowledge.constraintProblems?.(experiment)
  if (constraints?.length) throw new InvalidSpec(constraints)
  return experiment
}

/** The text of a ConfigMap template, or why there is none; undefined: the template is inline or not fully named. */
export async function readConfigMap(
  object: Resource,
  get: GetObject,
): Promise<ValidationContext['template'] | undefined> {
  const {
    configMapName: name,
    configMapNamespace: namespace,
    templatePath,
  } = parseExperiment(object).experiment?.spec.trialTemplate?.configMap ?? {}
  if (!name || !namespace || !templatePath) return undefined
  const configMap = await get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
  return templateText(configMap, { name, namespace, templatePath })
}

/** What a ConfigMap holds under the key of a template; `configMap` undefined: there is none. */
export function templateText(
  configMap: Resource | undefined,
  place: { readonly name: string; readonly namespace: string; readonly templatePath: string },
): NonNullable<ValidationContext['template']> {
  const { name, namespace, templatePath } = place
  if (!configMap) return { missing: `no ConfigMap ${namespace}/${name}; create it first` }
  const { data } = configMap
  const text =
    typeof data === 'object' && data !== null
      ? Object.entries(data).find(([key]) => key === templatePath)?.[1]
      : undefined
  return typeof text === 'string' ? { text } : { missing: `no key ${templatePath} in ConfigMap ${namespace}/${name}` }
}
