/** An Experiment of Katib's wire as the search that it asks for, and its trials as facts. */
import { type AlgorithmSpec, INDEX_LABEL, type Objective, type Parameter, type TrialPhase } from '#api'
import type { Problem, TrialFacts } from '#suggestion'
import type { ExperimentMessage, ParameterMessage, TrialCondition, TrialMessage } from './messages.ts'
import { Refusal } from './refusal.ts'

export interface AskedSearch {
  readonly problem: Problem
  readonly algorithm: AlgorithmSpec
  readonly objective: Objective
}

/** `algorithmName`: searches with this one, whatever the Experiment calls it. Throws `Refusal` for what no search has. */
export function searchOf(experiment: ExperimentMessage | null, algorithmName?: string): AskedSearch {
  const { spec } = experiment ?? {}
  if (!spec) throw new Refusal('INVALID_ARGUMENT', 'experiment.spec is missing')
  if (spec.nasConfig)
    throw new Refusal('INVALID_ARGUMENT', 'experiment.spec.nas_config: no algorithm here searches architectures')
  const parameters = spec.parameterSpecs?.parameters ?? []
  if (parameters.length === 0)
    throw new Refusal('INVALID_ARGUMENT', 'experiment.spec.parameter_specs: nothing to search')
  const { algorithm, objective, parallelTrialCount, maxTrialCount } = spec
  return {
    problem: {
      parameters: parameters.map(parameterOf),
      objectiveCount: 1,
      parallelTrialCount: Math.max(1, parallelTrialCount),
      ...(maxTrialCount > 0 ? { maxTrialCount } : {}),
    },
    algorithm: {
      algorithmName: algorithmName ?? algorithm?.algorithmName ?? '',
      algorithmSettings: [...(algorithm?.algorithmSettings ?? [])],
    },
    objective: {
      type: objective?.type === 'MAXIMIZE' ? 'maximize' : 'minimize',
      objectiveMetricName: objective?.objectiveMetricName ?? '',
    },
  }
}

function parameterOf({ name, parameterType, feasibleSpace }: ParameterMessage): Parameter {
  const { min = '', max = '', step = '', list = [], distribution } = feasibleSpace ?? {}
  return {
    name,
    parameterType: types[parameterType],
    feasibleSpace: {
      ...(min === '' ? {} : { min }),
      ...(max === '' ? {} : { max }),
      ...(step === '' ? {} : { step }),
      ...(list.length === 0 ? {} : { list: [...list] }),
      distribution: distributions[distribution ?? 'DISTRIBUTION_UNSPECIFIED'],
    },
  }
}

const types = {
  UNKNOWN_TYPE: 'unknown',
  DOUBLE: 'double',
  INT: 'int',
  DISCRETE: 'discrete',
  CATEGORICAL: 'categorical',
} as const

const distributions = {
  DISTRIBUTION_UNSPECIFIED: 'uniform',
  UNIFORM: 'uniform',
  LOG_UNIFORM: 'logUniform',
  NORMAL: 'normal',
  LOG_NORMAL: 'logNormal',
} as const

/** Katib sends what its controller made of a trial: one value a metric, by the metric's own strategy. */
export function factsOf(trials: readonly TrialMessage[]): readonly TrialFacts[] {
  const indexes = indexesOf(trials)
  return trials.map((trial): TrialFacts => {
    const { spec, status } = trial
    const metrics = status?.observation?.metrics.map(({ name, value }) => ({
      name,
      min: value,
      max: value,
      latest: value,
    }))
    return {
      // Every trial has one.
      index: indexes.get(trial) as number,
      phase: phases[status?.condition ?? 'CREATED'],
      assignments: spec?.parameterAssignments?.assignments.map(({ name, value }) => ({ name, value })) ?? [],
      labels: spec?.labels ?? {},
      ...(metrics ? { metrics } : {}),
      ...(status?.completionTime ? { completionTime: status.completionTime } : {}),
    }
  })
}

const phases: Readonly<Record<TrialCondition, TrialPhase>> = {
  CREATED: 'Pending',
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  KILLED: 'Killed',
  FAILED: 'Failed',
  METRICSUNAVAILABLE: 'MetricsUnavailable',
  EARLYSTOPPED: 'EarlyStopped',
  // Its point is taken, whatever comes of it.
  UNKNOWN: 'Pending',
}

/**
 * The index that a trial was suggested under comes back in its labels. Trials of another origin get the free ones, in the
 * order in which they started, so that the order of the request does not matter.
 */
function indexesOf(trials: readonly TrialMessage[]): ReadonlyMap<TrialMessage, number> {
  const indexes = new Map<TrialMessage, number>()
  const taken = new Set<number>()
  const inOrder = trials.toSorted((a, b) => compare(startOf(a), startOf(b)) || compare(a.name, b.name))
  for (const trial of inOrder) {
    const label = trial.spec?.labels[INDEX_LABEL] ?? ''
    const index = /^\d{1,9}$/.test(label) ? Number(label) : undefined
    if (index === undefined || taken.has(index)) continue
    taken.add(index)
    indexes.set(trial, index)
  }
  let free = 0
  for (const trial of inOrder) {
    if (indexes.has(trial)) continue
    while (taken.has(free)) free++
    indexes.set(trial, free++)
  }
  return indexes
}

const startOf = ({ status }: TrialMessage) => status?.startTime ?? ''
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
