/** Admission of Experiments: read, fill in, judge. The embedded server and a webhook ask the same function. */
import { covers, type Experiment, InvalidSpec, parseExperiment, type Resource, type SpecProblem } from '#api'
import { defaultExperiment } from './default.ts'
import type { AdmissionKnowledge, ValidationContext } from './knowledge.ts'
import { isIdentical } from './same-spec.ts'
import { validateExperiment } from './validate.ts'

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
  const { experiment, problems } = parseExperiment(object)
  if (!experiment) throw new InvalidSpec(atMost(MAX_PROBLEMS, problems))
  const defaulted = defaultExperiment(experiment)
  const stored = old && parseExperiment(old).experiment
  const template = await readConfigMap(defaulted, get)
  const found = validateExperiment(defaulted, {
    ...knowledge,
    ...(stored && { old: defaultExperiment(stored) }),
    ...(template && { template }),
  })
  const isSearchable = problems.length + found.length === 0
  const constraints = (isSearchable && (await knowledge.constraintProblems?.(defaulted))) || []
  // What could not be read was replaced, so nothing else said about that place is true.
  const rest = found.filter(({ path }) => !problems.some(problem => covers(problem.path, path)))
  const all = [...problems, ...rest, ...constraints]
  if (all.length > 0) throw new InvalidSpec(atMost(MAX_PROBLEMS, all))
  return defaulted
}

/** More are of one cause, and an answer has to stay readable. */
const MAX_PROBLEMS = 200

function atMost(count: number, problems: readonly SpecProblem[]): readonly SpecProblem[] {
  if (problems.length <= count) return problems
  const rest = problems.length - count
  return [...problems.slice(0, count), { path: 'spec', reason: 'Invalid', message: `there are ${rest} more problems` }]
}

/** The text of a ConfigMap template, or why there is none; undefined: the template is inline or not fully named. */
export async function readConfigMap(
  experiment: Experiment,
  get: GetObject,
): Promise<ValidationContext['template'] | undefined> {
  const {
    configMapName: name,
    configMapNamespace: namespace,
    templatePath,
  } = experiment.spec.trialTemplate?.configMap ?? {}
  if (!name || !namespace || !templatePath) return undefined
  const configMap = await get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
  if (!configMap) return { missing: `no ConfigMap ${namespace}/${name}; create it first` }
  const texts = configMap.data
  const text =
    typeof texts === 'object' && texts !== null ? (texts as Record<string, unknown>)[templatePath] : undefined
  return typeof text === 'string' ? { text } : { missing: `no key ${templatePath} in ConfigMap ${namespace}/${name}` }
}
