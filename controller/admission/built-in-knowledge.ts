/** What this build knows: its algorithms, and the collectors it is given. */
import type { AlgorithmSpec, CollectorKind, Experiment, SpecProblem } from '#api'
import { settingProblems } from '#earlystop'
import { algorithms, constraintRefusal, type Problem, problemRefusal, spaceRefusal } from '#suggestion'
import type { AdmissionKnowledge } from './knowledge.ts'
import { invalid } from './problem.ts'

/** `collectors`: kinds whose metrics arrive here; `earlyStoppers`: names of the rules that are carried out here. */
export function builtInKnowledge(there: {
  readonly collectors: readonly CollectorKind[]
  readonly earlyStoppers: readonly string[]
  /** Services that are not ours, as they are known now: they judge their settings themselves. */
  foreign?(): ForeignNames
}): AdmissionKnowledge {
  const foreign = () => there.foreign?.() ?? noneForeign
  return {
    collectors: there.collectors,
    get algorithms() {
      return [...algorithms.keys(), ...foreign().algorithms]
    },
    get earlyStoppers() {
      return [...there.earlyStoppers, ...foreign().earlyStoppers]
    },
    algorithmProblems: experiment => {
      const { algorithm = { algorithmName: '' }, earlyStopping, nasConfig } = experiment.spec
      if (nasConfig) return [architectureSearch(algorithm.algorithmName)]
      const problem = problemOf(experiment)
      const names = foreign()
      return [
        ...(names.algorithms.includes(algorithm.algorithmName)
          ? foreignRefusal(problem)
          : problemRefusal(problem, algorithm)),
        ...(names.earlyStoppers.includes(earlyStopping?.algorithmName ?? '')
          ? []
          : [...stoppingProblems(experiment), ...combinedServices(experiment, names)]),
      ]
    },
    constraintProblems: experiment => constraintRefusal(problemOf(experiment)),
  }
}

export interface ForeignNames {
  readonly algorithms: readonly string[]
  readonly earlyStoppers: readonly string[]
}

const noneForeign: ForeignNames = { algorithms: [], earlyStoppers: [] }

/** Of Katib's wire only the parameters reach a foreign service. */
function foreignRefusal(problem: Problem): readonly SpecProblem[] {
  const unheard = (['initialTrials', 'parameterConstraints'] as const).filter(field => problem[field]?.length)
  return [
    ...spaceRefusal(problem),
    ...unheard.map(field =>
      invalid(`spec.${field}`, `expected none, since the algorithm is not built in and cannot be told of them`),
    ),
  ]
}

/** A service says its thresholds before a trial starts, and is asked for one rule. */
function combinedServices({ spec }: Experiment, { earlyStoppers }: ForeignNames): readonly SpecProblem[] {
  const rules = spec.earlyStopping?.rules ?? []
  return rules.flatMap(({ algorithmName }, i) =>
    earlyStoppers.includes(algorithmName)
      ? [
          invalid(
            `spec.earlyStopping.rules[${i}].algorithmName`,
            `expected a rule that is built in, got the service ${algorithmName}; it does not combine with others`,
          ),
        ]
      : [],
  )
}

function stoppingProblems({ spec }: Experiment): readonly SpecProblem[] {
  if (!spec.earlyStopping) return []
  const { rules = [], ...own } = spec.earlyStopping
  return [
    ...ruleProblems('spec.earlyStopping', own),
    ...rules.flatMap((rule, i) => ruleProblems(`spec.earlyStopping.rules[${i}]`, rule)),
  ]
}

function ruleProblems(path: string, rule: AlgorithmSpec): readonly SpecProblem[] {
  return settingProblems(rule).map(({ name, message }) => {
    const index = rule.algorithmSettings?.findIndex(setting => setting.name === name) ?? 0
    return invalid(`${path}.algorithmSettings[${Math.max(0, index)}].value`, message)
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
