/** What a user may leave out of an Experiment, filled in: Katib's defaults in Katib's order, then ours. */
import {
  type Experiment,
  type ExperimentSpec,
  type MetricsCollectorSpec,
  type Objective,
  type Parameter,
  STDOUT_PATH,
  TFEVENT_PATH,
  type TrialTemplate,
} from '#api'
import { defaultsOf } from '#kinds'

/** Searches an Experiment that names no algorithm; written into the object, so that the stored one always names one. */
export const DEFAULT_ALGORITHM = 'auto'
const DEFAULT_PARALLEL_TRIAL_COUNT = 3

/** Pure; a second call changes nothing. What the user wrote is kept, entries of lists keep their order and come first. */
export function defaultExperiment(experiment: Experiment): Experiment {
  const { spec } = experiment
  const { objective, trialTemplate, parameters } = spec
  const defaulted: ExperimentSpec = {
    ...spec,
    ...namedAlgorithm(spec),
    parallelTrialCount: spec.parallelTrialCount ?? DEFAULT_PARALLEL_TRIAL_COUNT,
    resumePolicy: spec.resumePolicy ?? 'Never',
    ...(objective && { objective: withStrategies(objective) }),
    ...(trialTemplate && { trialTemplate: withConditions(trialTemplate) }),
    metricsCollectorSpec: withSource(spec.metricsCollectorSpec ?? {}),
    ...(parameters && { parameters: parameters.map(withDistribution) }),
  }
  return { ...experiment, spec: defaulted }
}

/** Architecture search has no default: it needs an algorithm of its own. */
function namedAlgorithm(spec: ExperimentSpec): Pick<ExperimentSpec, 'algorithm'> | undefined {
  if (spec.algorithm?.algorithmName || spec.nasConfig) return undefined
  return { algorithm: { ...spec.algorithm, algorithmName: DEFAULT_ALGORITHM } }
}

/** One strategy a metric; additional metrics follow the objective's direction too. */
function withStrategies(objective: Objective): Objective {
  const value = objective.type === 'minimize' ? 'min' : 'max'
  const strategies = [...(objective.metricStrategies ?? [])]
  for (const name of [objective.objectiveMetricName, ...(objective.additionalMetricNames ?? [])]) {
    if (!strategies.some(strategy => strategy.name === name)) strategies.push({ name, value })
  }
  return { ...objective, metricStrategies: strategies }
}

/** By the kind's name alone, whatever its group; a template from a ConfigMap gets nothing. */
function withConditions(template: TrialTemplate): TrialTemplate {
  const kind = template.trialSpec?.kind
  if (typeof kind !== 'string') return template
  const { successCondition, failureCondition, primaryPodLabels } = defaultsOf(kind)
  if (successCondition === '') return template
  const hasLabels = Object.keys(template.primaryPodLabels ?? {}).length > 0
  return {
    ...template,
    successCondition: template.successCondition || successCondition,
    failureCondition: template.failureCondition || failureCondition,
    ...(primaryPodLabels && !hasLabels && { primaryPodLabels: { ...primaryPodLabels } }),
  }
}

function withSource(spec: MetricsCollectorSpec): MetricsCollectorSpec {
  const collector = spec.collector ?? { kind: 'StdOut' }
  const { httpGet, fileSystemPath } = spec.source ?? {}
  if (collector.kind === 'PrometheusMetric') {
    const port = httpGet?.port === undefined || String(httpGet.port) === '0' ? 8080 : httpGet.port
    return {
      ...spec,
      collector,
      source: { ...spec.source, httpGet: { ...httpGet, path: httpGet?.path || '/metrics', port } },
    }
  }
  if (collector.kind === 'File') {
    const file = {
      ...fileSystemPath,
      kind: fileSystemPath?.kind ?? 'File',
      path: fileSystemPath?.path || STDOUT_PATH,
      format: fileSystemPath?.format ?? 'TEXT',
    } as const
    return { ...spec, collector, source: { ...spec.source, fileSystemPath: file } }
  }
  if (collector.kind === 'TensorFlowEvent') {
    const directory = {
      ...fileSystemPath,
      kind: fileSystemPath?.kind ?? 'Directory',
      path: fileSystemPath?.path || TFEVENT_PATH,
    } as const
    return { ...spec, collector, source: { ...spec.source, fileSystemPath: directory } }
  }
  return { ...spec, collector }
}

/** For every parameter type, categorical and discrete included. */
function withDistribution(parameter: Parameter): Parameter {
  const { feasibleSpace } = parameter
  if (feasibleSpace.distribution !== undefined) return parameter
  return { ...parameter, feasibleSpace: { ...feasibleSpace, distribution: 'uniform' } }
}
