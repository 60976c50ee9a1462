/** Who searches, and who stops trials early. */
import { didYouMean, type ExperimentSpec, type SpecProblem, shown } from '#api'
import type { AdmissionKnowledge } from './knowledge.ts'
import { duplicates, invalid, required } from './problem.ts'

export function validateAlgorithm(spec: ExperimentSpec, knowledge: AdmissionKnowledge): readonly SpecProblem[] {
  const { algorithm, earlyStopping } = spec
  if (!algorithm) {
    return [required('spec.algorithm', `expected an algorithm, got nothing; one of ${listed(knowledge.algorithms)}`)]
  }
  const settings = [
    ...settingNames('spec.algorithm', algorithm.algorithmSettings),
    ...settingNames('spec.earlyStopping', earlyStopping?.algorithmSettings),
  ]
  return [
    ...known('spec.algorithm.algorithmName', algorithm.algorithmName, knowledge.algorithms),
    ...(earlyStopping
      ? known('spec.earlyStopping.algorithmName', earlyStopping.algorithmName, knowledge.earlyStoppers)
      : []),
    ...settings,
  ]
}

function known(path: string, name: string, names: readonly string[]): readonly SpecProblem[] {
  if (names.includes(name)) return []
  const expected = names.length === 0 ? 'nothing, there is none yet' : `one of ${listed(names)}`
  if (name === '') return [required(path, `expected ${expected}, got ""`)]
  return [invalid(path, `expected ${expected}, got ${shown(name)}${didYouMean(name, names)}`)]
}

function settingNames(path: string, settings: readonly { readonly name: string }[] = []): readonly SpecProblem[] {
  return duplicates(
    settings.map(setting => setting.name),
    i => `${path}.algorithmSettings[${i}].name`,
  )
}

function listed(names: readonly string[]): string {
  return names.toSorted().join(', ')
}
