/** What this build knows: its algorithms, and the collectors it is given. */
import type { CollectorKind, Experiment, SpecProblem } from '#api'
import { settingProblems } from '#earlystop'
import { algorithms, constraintRefusal, type Problem, problemRefusal } from '#suggestion'
import type { AdmissionKnowledge } from './knowledge.ts'
import { invalid } from './problem.ts'

/** `collectors`: kinds whose metrics arrive here; `earlyStoppers`: names of the rules that are carried out here. */
export function builtInKnowledge(there: {
  readonly collectors: readonly CollectorKind[]
  readonly earlyStoppers: readonly string[]
}): AdmissionKnowledge {
  return {
    ...there,
    algorithms: [...algorithms.keys()],
    algorithmProblems: experiment => {
      const { algorithm, nasConfig } = experiment.spec
      if (nasConfig) return [architectureSearch(algorithm?.algorithmName ?? '')]
      return [
        ...problemRefusal(problemOf(experiment), algorithm ?? { algorithmName: '' }),
        ...stoppingProblems(experiment),
      ]
    },
    constraintProblems: experiment => constraintRefusal(problemOf(experiment)),
  }
}

function stoppingProblems({ spec }: Experiment): readonly SpecProblem[] {
  const settings = spec.earlyStopping?.algorithmSettings ?? []
  if (!spec.earlyStopping) return []
  return settingProblems(spec.earlyStopping).map(({ name, message }) => {
    const index = settings.findIndex(setting => setting.name === name)
    return invalid(`spec.earlyStopping.algorithmSettings[${Math.max(0, index)}].value`, message)
  })
}

/** The search that an Experiment asks for. */
export function problemOf(experiment: Experiment): Problem {
  const { spec } = experiment
  const { parameters = [], maxTrialCount, parallelTrialCount = 1, parameterConstraints, initialTrials } = spec
  return {
    parameters,
    objectiveCount: 1,
    parallelTrialCount,
    ...(maxTrialCount === undefined ? {} : { maxTrialCount }),
    ...(parameterConstraints === undefined ? {} : { parameterConstraints }),
    ...(initialTrials === undefined ? {} : { initialTrials }),
  }
}

function architectureSearch(algorithmName: string): SpecProblem {
  return invalid(
    'spec.nasConfig',
    `expected parameters for ${algorithmName}, got a nasConfig; it searches no architectures`,
  )
}
