/** Who searches, and who stops trials early. */
import { didYouMean, type EarlyStoppingSpec, type ExperimentSpec, type SpecProblem, shown } from '#api'
import { isCombination } from '#earlystop'
import type { AdmissionKnowledge } from './knowledge.ts'
import { duplicates, forbidden, invalid, required } from './problem.ts'

export function validateAlgorithm(spec: ExperimentSpec, knowledge: AdmissionKnowledge): readonly SpecProblem[] {
  const { algorithm, earlyStopping } = spec
  if (!algorithm) {
    return [required('spec.algorithm', `expected an algorithm, got nothing; one of ${listed(knowledge.algorithms)}`)]
  }
  const settings = [
    ...settingNames('spec.algorithm', algorithm.algorithmSettings),
    ...(earlyStopping ? stoppingSettingNames(earlyStopping) : []),
  ]
  return [
    ...known('spec.algorithm.algorithmName', algorithm.algorithmName, knowledge.algorithms),
    ...(earlyStopping ? knownRules(earlyStopping, knowledge.earlyStoppers) : []),
    ...settings,
  ]
}

/** A rule by its name; `any` and `all` with the rules they combine, which do not nest. */
function knownRules({ algorithmName, rules }: EarlyStoppingSpec, names: readonly string[]): readonly SpecProblem[] {
  const path = 'spec.earlyStopping'
  const own = known(`${path}.algorithmName`, algorithmName, names)
  if (!isCombination(algorithmName)) {
    if (rules === undefined) return own
    const message = `expected nothing beside ${shown(algorithmName)}, got rules; only any and all combine rules`
    return [...own, forbidden(`${path}.rules`, message)]
  }
  if (!rules || rules.length === 0)
    return [...own, required(`${path}.rules`, `expected the rules that ${algorithmName} combines, got none`)]
  const single = names.filter(name => !isCombination(name))
  return [...own, ...rules.flatMap((rule, i) => known(`${path}.rules[${i}].algorithmName`, rule.algorithmName, single))]
}

function stoppingSettingNames({ algorithmSettings, rules = [] }: EarlyStoppingSpec): readonly SpecProblem[] {
  return [
    ...settingNames('spec.earlyStopping', algorithmSettings),
    ...rules.flatMap((rule, i) => settingNames(`spec.earlyStopping.rules[${i}]`, rule.algorithmSettings)),
  ]
}

function known(path: string, name: string, names: readonly string[]): readonly SpecProblem[] {
  if (names.includes(name)) return []
  const expected = names.length === 0 ? 'nothing, there is none yet' : `one of ${listed(names)}`
  if (name === '') return [required(path, `expected ${expected}, got ""`)]
  const advice = ARCHITECTURE_SEARCH.has(name)
    ? '; Qalam does not search neural architectures: give `parameters` instead of `nasConfig`, or leave this experiment to Katib'
    : didYouMean(name, names)
  return [invalid(path, `expected ${expected}, got ${shown(name)}${advice}`)]
}

/** Katib's, whose services hold the networks that they train. */
const ARCHITECTURE_SEARCH = new Set(['enas', 'darts', 'nas-reinforcement-learning'])

function settingNames(path: string, settings: readonly { readonly name: string }[] = []): readonly SpecProblem[] {
  return duplicates(
    settings.map(setting => setting.name),
    i => `${path}.algorithmSettings[${i}].name`,
  )
}

function listed(names: readonly string[]): string {
  return names.toSorted().join(', ')
}
