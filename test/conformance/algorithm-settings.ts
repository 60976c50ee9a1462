/** Settings an algorithm cannot do without, for any problem: the suite needs no other knowledge of an algorithm. */
import { findAlgorithm, type Problem, settingsOf } from '#suggestion'

export function settingsFor(algorithmName: string, problem: Problem): { name: string; value: string }[] {
  const algorithm = findAlgorithm(algorithmName)
  if (!algorithm) return []
  return settingsOf(algorithm)
    .filter(setting => setting.required)
    .map(({ name }) => ({ name, value: required[name]?.(problem) ?? '1' }))
}

const required: Record<string, (problem: Problem) => string> = {
  r_l: () => '9',
  resource_name: problem =>
    problem.parameters.find(({ parameterType }) => parameterType === 'int')?.name ?? 'no-int-parameter',
  suggestion_trial_dir: () => '/opt/trial',
  n_population: () => '6',
  truncation_threshold: () => '0.4',
}
