/** Placeholders, their declarations and the parameters behind them: each needs the other two. */
import { didYouMean, type Experiment, type SpecProblem, shown, type TrialParameter, type TrialTemplate } from '#api'
import { metadataReference, type PlaceholderUse, placeholdersIn } from '../experiment/placeholders.ts'
import { MAX_INSERTED_BYTES, metadataValue } from '../experiment/render.ts'
import type { TemplateTree } from '../experiment/render-template.ts'
import { duplicates, invalid } from './problem.ts'

const PATH = 'spec.trialTemplate.trialParameters'

/** One for each parameter, and as many for the trial's metadata. */
const MAX_DECLARED = 512

export function validateTrialParameters(
  experiment: Experiment,
  template: TrialTemplate,
  tree: TemplateTree,
): readonly SpecProblem[] {
  const declared = template.trialParameters ?? []
  if (declared.length > MAX_DECLARED) {
    return [invalid(PATH, `expected at most ${MAX_DECLARED} trial parameters, got ${declared.length}`)]
  }
  const names = (experiment.spec.parameters ?? []).map(parameter => parameter.name)
  const uses = placeholdersIn(tree)
  return [
    ...validateSpelling(declared),
    ...declared.flatMap((parameter, i) => [
      ...validateReference(parameter, i, names, tree),
      ...validateUse(parameter, i, uses),
    ]),
    ...undeclared(uses, declared, template),
    ...unreferenced(names, declared),
    ...validateSize(experiment, declared, uses),
  ]
}

/** The longest values of all parameters, as often as the template uses them. */
function validateSize(
  experiment: Experiment,
  declared: readonly TrialParameter[],
  uses: readonly PlaceholderUse[],
): readonly SpecProblem[] {
  const longest = new Map(
    experiment.spec.parameters?.map(({ name, feasibleSpace }) => [
      name,
      (feasibleSpace.list ?? []).reduce((bytes, value) => Math.max(bytes, Buffer.byteLength(value)), 0),
    ]),
  )
  const bytesOf = new Map(declared.map(({ name, reference }) => [name, longest.get(reference) ?? 0]))
  const bytes = uses.reduce((sum, { name }) => sum + (bytesOf.get(name) ?? 0), 0)
  if (bytes <= MAX_INSERTED_BYTES) return []
  const advice = 'shorten the values, or let the program look them up'
  return [
    invalid(PATH, `expected values of at most ${MAX_INSERTED_BYTES} bytes in a trial, got up to ${bytes}; ${advice}`),
  ]
}

function validateSpelling(declared: readonly TrialParameter[]): readonly SpecProblem[] {
  const odd = declared.flatMap(({ name, reference }, i) => {
    if (name === '' || reference === '') {
      return [invalid(`${PATH}[${i}]`, 'expected a name and a reference, got an empty one; give both')]
    }
    if (/[{}]/.test(name))
      return [invalid(`${PATH}[${i}]`, `expected a name without braces, got ${shown(name)}; rename it`)]
    return []
  })
  return [
    ...odd,
    ...duplicates(
      declared.map(({ name }) => name),
      i => `${PATH}[${i}].name`,
    ),
    ...duplicates(
      declared.map(({ reference }) => reference),
      i => `${PATH}[${i}].reference`,
    ),
  ]
}

/** Architecture search makes its own parameters: without `spec.parameters` only metadata references are looked at. */
function validateReference(
  { reference }: TrialParameter,
  i: number,
  names: readonly string[],
  tree: TemplateTree,
): readonly SpecProblem[] {
  const path = `${PATH}[${i}].reference`
  if (metadataReference(reference) !== undefined) {
    try {
      metadataValue(reference, tree, { name: '', namespace: '' })
      return []
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason)
      return [invalid(path, `expected what a trial has, got ${shown(reference)}; ${message}`)]
    }
  }
  if (names.length === 0 || reference === '' || names.includes(reference)) return []
  const advice = didYouMean(reference, names) || `; there are ${names.slice(0, 10).join(', ')}`
  return [invalid(path, `expected the name of a parameter in spec.parameters, got ${shown(reference)}${advice}`)]
}

function validateUse({ name }: TrialParameter, i: number, uses: readonly PlaceholderUse[]): readonly SpecProblem[] {
  if (name === '' || uses.some(use => use.name === name && !use.inKey)) return []
  const got = uses.some(use => use.name === name) ? 'it in a key only' : 'no use of it'
  const advice = 'write it where the value goes, or remove the parameter'
  return [invalid(`${PATH}[${i}].name`, `expected \${trialParameters.${name}} in the template, got ${got}; ${advice}`)]
}

/** One problem a name and place. */
function undeclared(
  uses: readonly PlaceholderUse[],
  declared: readonly TrialParameter[],
  template: TrialTemplate,
): readonly SpecProblem[] {
  const known = declared.map(({ name }) => name)
  const root = `spec.trialTemplate.${template.trialSpec ? 'trialSpec' : 'configMap'}`
  const strange = new Map(uses.filter(({ name }) => !known.includes(name)).map(use => [`${use.path} ${use.name}`, use]))
  return [...strange.values()].slice(0, MAX_DECLARED).map(({ name, path }) => {
    const advice = didYouMean(name, known) || '; declare it there'
    return invalid(
      `${root}.${path}`,
      `expected a placeholder of trialParameters, got \${trialParameters.${name}}${advice}`,
    )
  })
}

/** A value that reaches no trial would be searched for nothing. Said once a name. */
function unreferenced(names: readonly string[], declared: readonly TrialParameter[]): readonly SpecProblem[] {
  const referenced = new Set(declared.map(({ reference }) => reference))
  return names.flatMap((name, i) => {
    if (name === '' || referenced.has(name)) return []
    referenced.add(name)
    const advice = 'refer to it in spec.trialTemplate.trialParameters, or remove the parameter'
    return [
      invalid(
        `spec.parameters[${i}].name`,
        `expected a use in the trial template, got none of ${shown(name)}; ${advice}`,
      ),
    ]
  })
}
