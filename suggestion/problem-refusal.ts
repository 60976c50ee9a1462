/** What admission tells a user about a search that cannot be: algorithm, settings, space, all at once. */
import type { AlgorithmSpec, SpecProblem } from '#api'
import type { Algorithm } from './algorithm.ts'
import { algorithms, findAlgorithm, nearestNames } from './registry.ts'
import { settingsOf } from './setting.ts'
import type { Problem } from './space.ts'
import { spaceRefusal } from './space-refusal.ts'
import { settingRecord } from './suggest.ts'

/** Empty: `suggestFor` answers this problem. Paths are those of an Experiment. */
export function problemRefusal(problem: Problem, spec: AlgorithmSpec): SpecProblem[] {
  const problems = spaceRefusal(problem)
  const algorithm = findAlgorithm(spec.algorithmName)
  if (!algorithm) return [...problems, unknownAlgorithm(spec.algorithmName)]
  problems.push(...settingRefusal(algorithm, spec))
  if (problems.length > 0) return problems
  const because = algorithm.refuses(problem, algorithm.settings.parse(settingRecord(spec)))
  return because === undefined ? [] : [{ path: 'spec.algorithm', reason: 'Invalid', message: because }]
}

function unknownAlgorithm(name: string): SpecProblem {
  const nearest = nearestNames(name)[0]
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  const message = `unknown algorithm "${name}"${hint} (known: ${[...algorithms.keys()].join(', ')})`
  return { path: 'spec.algorithm.algorithmName', reason: 'NotSupported', message }
}

/** Katib's wording first, then what is accepted. */
function settingRefusal(algorithm: Algorithm, spec: AlgorithmSpec): SpecProblem[] {
  const settings = spec.algorithmSettings ?? []
  const known = settingsOf(algorithm)
  const parsed = algorithm.settings.safeParse(settingRecord(spec))
  if (parsed.success) return []
  return parsed.error.issues.flatMap((issue): SpecProblem[] => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])]
    return names.map(name => {
      const at = settings.findIndex(setting => setting.name === name)
      const path = at < 0 ? 'spec.algorithm.algorithmSettings' : `spec.algorithm.algorithmSettings[${at}]`
      if (issue.code === 'unrecognized_keys') return unknownSetting(algorithm, name, path)
      if (at < 0) {
        const accepts = known.find(setting => setting.name === name)?.accepts ?? 'a value'
        return {
          path,
          reason: 'Required',
          message: `algorithm ${algorithm.name} needs the setting ${name}: ${accepts}`,
        }
      }
      return { path, reason: 'Invalid', message: `failed to validate ${name}(${settings[at].value}): ${issue.message}` }
    })
  })

  function unknownSetting({ name: algorithmName }: Algorithm, name: string, path: string): SpecProblem {
    const names = known.map(setting => setting.name)
    const nearest = nearestNames(name, names)[0]
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
    const message = `unknown setting ${name} for algorithm ${algorithmName}${hint} (known: ${names.join(', ')})`
    return { path, reason: 'NotSupported', message }
  }
}
