/** From a trial template and an assignment to the object a trial runs. */
import type { ParameterAssignment, Resource, TrialParameter, TrialTemplate } from '#api'
import { metadataReference, replacePlaceholders, TypedPlaceholder } from './placeholders.ts'
import { readTemplate, type TemplateTree, yamlScalar } from './render-template.ts'

export interface TrialIdentity {
  readonly name: string
  readonly namespace: string
}

/**
 * The run spec of a trial: the template with every placeholder replaced, named like the trial. Values are put into the
 * leaves of the parsed tree, never into its text, so no value can break out of its place; keys are left alone.
 * `configMapText` is the text of a ConfigMap template. Throws Error with one sentence if a placeholder has no value, an
 * assignment is not used, or a reference names nothing.
 */
export function render(
  template: TrialTemplate,
  trial: TrialIdentity,
  assignments: readonly ParameterAssignment[],
  configMapText?: string,
): Resource {
  const tree = readTemplate(template, configMapText)
  const values = valuesByName(template.trialParameters ?? [], tree, trial, assignments)
  let insertedBytes = 0
  const rendered = substitute(tree, name => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`the template uses \${trialParameters.${name}}, which is not declared`)
    insertedBytes += Buffer.byteLength(value)
    if (insertedBytes > MAX_INSERTED_BYTES) throw new Error(`the values take more than ${MAX_INSERTED_BYTES} bytes`)
    return value
  }) as Record<string, unknown>
  const metadata = { ...(rendered.metadata as object | undefined), name: trial.name, namespace: trial.namespace }
  // `readTemplate` gives an object, and admission made sure that it says apiVersion and kind.
  return { ...rendered, metadata } as unknown as Resource
}

/** All values together, as often as they are used: a Trial holds them besides its template. */
export const MAX_INSERTED_BYTES = 32 * 1024

/** Every assignment is consumed by exactly the parameters that refer to it; none may be left over. */
function valuesByName(
  parameters: readonly TrialParameter[],
  tree: TemplateTree,
  trial: TrialIdentity,
  assignments: readonly ParameterAssignment[],
): ReadonlyMap<string, string> {
  const assigned = new Map(assignments.map(({ name, value }) => [name, value]))
  const used = new Set<string>()
  const values = new Map<string, string>()
  for (const { name, reference } of parameters) {
    const ofTrial = metadataValue(reference, tree, trial)
    const value = ofTrial ?? assigned.get(reference)
    if (value === undefined) throw new Error(`trial parameter ${name} refers to ${reference}, which has no assignment`)
    if (ofTrial === undefined) used.add(reference)
    values.set(name, value)
  }
  const unused = [...assigned.keys()].filter(name => !used.has(name))
  if (unused.length > 0) throw new Error(`no trial parameter refers to ${unused.join(', ')}`)
  return values
}

/** What a metadata reference stands for; undefined: the reference names a parameter. Throws where it names nothing. */
export function metadataValue(reference: string, tree: TemplateTree, trial: TrialIdentity): string | undefined {
  const meta = metadataReference(reference)
  if (meta === undefined) return undefined
  if (meta.field === 'unknown') throw new Error(`the template has no trialSpec.${meta.text} to refer to`)
  if (!('key' in meta)) {
    const facts = { Name: trial.name, Namespace: trial.namespace, Kind: tree.kind, APIVersion: tree.apiVersion }
    return String(facts[meta.field])
  }
  const metadata = objectOr(tree.metadata)
  const entries = objectOr(meta.field === 'Labels' ? metadata.labels : metadata.annotations)
  const value = Object.hasOwn(entries, meta.key) ? entries[meta.key] : undefined
  if (typeof value !== 'string') {
    const noun = meta.field === 'Labels' ? 'label' : 'annotation'
    throw new Error(`the template has no ${noun} ${meta.key} to refer to`)
  }
  return value
}

function objectOr(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function substitute(node: unknown, valueFor: (name: string) => string): unknown {
  if (typeof node === 'string') return replacePlaceholders(node, valueFor)
  if (node instanceof TypedPlaceholder) return yamlScalar(valueFor(node.name))
  if (Array.isArray(node)) return node.map(item => substitute(item, valueFor))
  if (typeof node !== 'object' || node === null || JSON.isRawJSON(node)) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, substitute(value, valueFor)]))
}
