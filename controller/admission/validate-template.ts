/** What a trial runs: the template, its placeholders, and what they stand for. */
import { type Experiment, type SpecProblem, shown, type TrialTemplate } from '#api'
import { kindOf } from '#kinds'
import { TypedPlaceholder } from '../experiment/placeholders.ts'
import { MAX_TEMPLATE_BYTES, readTemplate, type TemplateTree } from '../experiment/render-template.ts'
import type { ValidationContext } from './knowledge.ts'
import { invalid, required } from './problem.ts'
import { type KnownKinds, kindProblems } from './trial-kind.ts'
import { validateTrialParameters } from './validate-trial-parameters.ts'

const PATH = 'spec.trialTemplate'
/** A longer path finds nothing. */
const MAX_CONDITION_LENGTH = 1024

export function validateTemplate(
  experiment: Experiment,
  configMap: ValidationContext['template'],
  known: KnownKinds = {},
): readonly SpecProblem[] {
  const { trialTemplate: template } = experiment.spec
  if (!template) return [required(PATH, 'expected a template, got nothing; say under trialSpec what a trial runs')]
  const fields = [...validateFields(template), ...validateSource(template)]
  const read = treeOf(template, configMap)
  if ('problem' in read) return [...fields, ...(read.problem ? [read.problem] : [])]
  const tree = [
    ...validateTrialParameters(experiment, template, read.tree),
    ...validateTree(template, read.tree, known),
  ]
  return [...fields, ...(isForeign(experiment) ? unquoted(tree) : tree)]
}

/** A ConfigMap of another namespace: what it holds is not for the reader of the message. */
function isForeign(experiment: Experiment): boolean {
  const namespace = experiment.spec.trialTemplate?.configMap?.configMapNamespace
  return namespace !== undefined && namespace !== experiment.metadata.namespace
}

function unquoted(problems: readonly SpecProblem[]): readonly SpecProblem[] {
  const quoting = problems.filter(({ path }) => path.startsWith(`${PATH}.configMap`))
  if (quoting.length === 0) return problems
  const advice = 'copy it into this namespace to see them'
  const summary = invalid(
    `${PATH}.configMap`,
    `expected a sound template, got one with ${quoting.length} problems; ${advice}`,
  )
  return [...problems.filter(problem => !quoting.includes(problem)), summary]
}

function validateFields(template: TrialTemplate): readonly SpecProblem[] {
  const problems: SpecProblem[] = []
  if (!template.primaryContainerName) {
    problems.push(
      required(`${PATH}.primaryContainerName`, 'expected the name of the container that trains, got nothing; name it'),
    )
  }
  if (!template.successCondition || !template.failureCondition) {
    const advice = 'kinds that are not known and ConfigMaps have no defaults, give both'
    problems.push(required(PATH, `expected successCondition and failureCondition, got nothing; ${advice}`))
  }
  for (const field of ['successCondition', 'failureCondition'] as const) {
    const { length } = template[field] ?? ''
    if (length <= MAX_CONDITION_LENGTH) continue
    problems.push(invalid(`${PATH}.${field}`, `expected at most ${MAX_CONDITION_LENGTH} characters, got ${length}`))
  }
  if (!template.trialParameters) {
    problems.push(required(`${PATH}.trialParameters`, 'expected a list, got nothing; declare each placeholder in it'))
  }
  return problems
}

function validateSource(template: TrialTemplate): readonly SpecProblem[] {
  const { trialSpec, configMap } = template
  if (trialSpec && configMap) return [required(PATH, 'expected trialSpec or configMap, got both; remove one of them')]
  if (!trialSpec && !configMap) {
    return [required(`${PATH}.TrialSource`, 'expected trialSpec or configMap, got neither; give one of them')]
  }
  if (!configMap) return []
  const missing = (['configMapName', 'configMapNamespace', 'templatePath'] as const).filter(field => !configMap[field])
  if (missing.length === 0) return []
  return [required(`${PATH}.configMap`, `expected ${missing.join(', ')}, got nothing; give all three fields`)]
}

/** The parsed template; no problem of its own where the source has been complained about already. */
function treeOf(
  template: TrialTemplate,
  configMap: ValidationContext['template'],
): { readonly tree: TemplateTree } | { readonly problem: SpecProblem | undefined } {
  if (template.trialSpec && template.configMap) return { problem: undefined }
  if (!template.trialSpec && (!template.configMap || !configMap)) return { problem: undefined }
  if (!template.trialSpec && configMap && 'missing' in configMap) {
    return { problem: invalid(PATH, `expected a template in the ConfigMap, got ${configMap.missing}`) }
  }
  try {
    const tree = readTemplate(template, configMap && 'text' in configMap ? configMap.text : undefined)
    return { tree }
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason)
    return { problem: invalid(PATH, `expected an object in YAML; ${message}`) }
  }
}

/** What every template must have, then what its kind asks for. */
function validateTree(template: TrialTemplate, tree: TemplateTree, known: KnownKinds): readonly SpecProblem[] {
  const path = template.trialSpec ? `${PATH}.trialSpec` : `${PATH}.configMap`
  const problems: SpecProblem[] = []
  const sizeBytes = Buffer.byteLength(JSON.stringify(tree))
  if (sizeBytes > MAX_TEMPLATE_BYTES) {
    const advice = 'put large files into a ConfigMap that the pod mounts'
    problems.push(invalid(path, `expected at most ${MAX_TEMPLATE_BYTES} bytes, got ${sizeBytes}; ${advice}`))
  }
  const { apiVersion, kind } = tree
  for (const [field, value] of Object.entries({ apiVersion, kind })) {
    if (typeof value !== 'string' || value === '') {
      problems.push(required(`${path}.${field}`, `expected the template's ${field}, got ${shown(value)}; add it`))
    }
  }
  const metadata = (tree.metadata ?? {}) as Readonly<Record<string, unknown>>
  for (const field of ['name', 'namespace'] as const) {
    if (metadata[field] === undefined) continue
    const advice = `each trial gets a ${field} of its own, remove it`
    problems.push(invalid(`${path}.metadata.${field}`, `expected nothing, got ${shown(metadata[field])}; ${advice}`))
  }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !apiVersion || !kind) return problems
  const ofKind = kindOf({ apiVersion, kind })
  const strict = ofKind
    .problems(withoutTyped(tree) as TemplateTree)
    .map(problem => invalid(`${path}.${problem.path}`, problem.message))
  const kinds = kindProblems(path, { apiVersion, kind }, known)
  return [...problems, ...kinds, ...strict, ...validateContainer(template, tree, ofKind)]
}

/** What only a trial's value completes has no type yet: null, which counts as absent. */
function withoutTyped(node: unknown): unknown {
  if (node instanceof TypedPlaceholder) return null
  if (Array.isArray(node)) return node.map(withoutTyped)
  if (typeof node !== 'object' || node === null || JSON.isRawJSON(node)) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutTyped(value)]))
}

/** The container that trains must be in the pods, where it is known where the pods are. */
function validateContainer(
  template: TrialTemplate,
  tree: TemplateTree,
  kind: ReturnType<typeof kindOf>,
): readonly SpecProblem[] {
  const name = template.primaryContainerName
  const job = { metadata: {}, ...tree } as unknown as Parameters<typeof kind.podTemplates>[0]
  const names = kind
    .podTemplates(job)
    .filter(({ primary }) => primary)
    .flatMap(place => containerNames(place.path.reduce(fieldOf, tree as unknown)))
  if (!name || names.length === 0 || names.includes(name)) return []
  return [invalid(`${PATH}.primaryContainerName`, `expected one of ${names.join(', ')}, got ${shown(name)}`)]
}

function containerNames(podTemplate: unknown): readonly string[] {
  const containers = fieldOf(fieldOf(podTemplate, 'spec'), 'containers')
  if (!Array.isArray(containers)) return []
  return containers.map(container => fieldOf(container, 'name')).filter(name => typeof name === 'string')
}

function fieldOf(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[key] : undefined
}
