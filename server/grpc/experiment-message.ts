/** A search and its trials as Katib's wire has them, for services that are not ours. The way back is `experiment-of.ts`. */
import { type AlgorithmSpec, type Metric, type Objective, type Parameter, type TrialPhase, UNAVAILABLE } from '#api'
import type { Problem, TrialFacts } from '#suggestion'
import type { ExperimentMessage, NamedValue, ParameterMessage, TrialCondition, TrialMessage } from './messages.ts'

export interface ForeignExperiment {
  readonly name: string
  readonly problem: Problem
  readonly objective: Objective
  readonly algorithm: AlgorithmSpec
  readonly earlyStopping?: AlgorithmSpec
}

export function experimentMessage(experiment: ForeignExperiment): ExperimentMessage {
  const { name, problem, objective, algorithm, earlyStopping } = experiment
  const { type, goal = 0, objectiveMetricName, additionalMetricNames = [] } = objective
  return {
    name,
    spec: {
      parameterSpecs: { parameters: problem.parameters.map(parameterMessage) },
      objective: {
        type: type === 'maximize' ? 'MAXIMIZE' : 'MINIMIZE',
        ...{ goal, objectiveMetricName, additionalMetricNames },
      },
      algorithm: ruleMessage(algorithm),
      earlyStopping: earlyStopping ? ruleMessage(earlyStopping) : null,
      parallelTrialCount: problem.parallelTrialCount,
      maxTrialCount: problem.maxTrialCount ?? 0,
      nasConfig: null,
    },
  }
}

/** Katib's services are told of no trial that says nothing: without metrics, or stopped before its objective was there. */
export function trialMessages(trials: readonly TrialFacts[], objective: Objective): readonly TrialMessage[] {
  return trials.filter(trial => isTold(trial, objective)).map(trial => trialMessage(trial, objective))
}

function isTold({ phase, metrics }: TrialFacts, { objectiveMetricName }: Objective): boolean {
  if (phase !== 'EarlyStopped') return phase !== 'MetricsUnavailable'
  return metrics?.some(({ name, latest }) => name === objectiveMetricName && latest !== UNAVAILABLE) ?? false
}

function trialMessage(trial: TrialFacts, objective: Objective): TrialMessage {
  const { name = '', phase, assignments, labels = {}, metrics = [], startTime = '', completionTime } = trial
  return {
    name,
    spec: { parameterAssignments: { assignments }, labels },
    status: {
      startTime,
      completionTime: completionTime ?? NEVER,
      condition: conditions[phase],
      observation: { metrics: metrics.map(metric => metricMessage(metric, objective)) },
    },
  }
}

/** One value by the metric's strategy; the last one where that is no number, nothing where there is no strategy. */
function metricMessage(metric: Metric, { metricStrategies = [] }: Objective): NamedValue {
  const strategy = metricStrategies.find(({ name }) => name === metric.name)?.value
  if (strategy === undefined) return { name: metric.name, value: '' }
  const text = metric[strategy]
  return { name: metric.name, value: (text === UNAVAILABLE ? metric.latest : text) ?? '' }
}

const ruleMessage = ({ algorithmName, algorithmSettings = [] }: AlgorithmSpec) => ({
  algorithmName,
  algorithmSettings: algorithmSettings.map(({ name, value }) => ({ name, value })),
})

function parameterMessage({ name, parameterType, feasibleSpace }: Parameter): ParameterMessage {
  const { min = '', max = '', step = '', list = [], distribution = 'unknown' } = feasibleSpace
  return {
    name,
    parameterType: types[parameterType],
    feasibleSpace: { min, max, step, list, distribution: distributions[distribution] },
  }
}

const types = {
  double: 'DOUBLE',
  int: 'INT',
  discrete: 'DISCRETE',
  categorical: 'CATEGORICAL',
  unknown: 'UNKNOWN_TYPE',
} as const

const distributions = {
  uniform: 'UNIFORM',
  logUniform: 'LOG_UNIFORM',
  normal: 'NORMAL',
  logNormal: 'LOG_NORMAL',
  unknown: 'DISTRIBUTION_UNSPECIFIED',
} as const

const conditions: Readonly<Record<TrialPhase, TrialCondition>> = {
  Pending: 'CREATED',
  Running: 'RUNNING',
  Succeeded: 'SUCCEEDED',
  Killed: 'KILLED',
  Failed: 'FAILED',
  MetricsUnavailable: 'METRICSUNAVAILABLE',
  EarlyStopped: 'EARLYSTOPPED',
}

/** How Katib writes a time that has not come. */
const NEVER = '0001-01-01T00:00:00Z'
