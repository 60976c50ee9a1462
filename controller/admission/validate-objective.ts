/** What is better. */
import { type ExperimentSpec, type SpecProblem, shown } from '#api'
import { duplicates, invalid, required } from './problem.ts'

/** Most metrics an objective may name. */
const MAX_METRICS = 64

export function validateObjective(spec: ExperimentSpec): readonly SpecProblem[] {
  const { objective } = spec
  if (!objective) {
    return [required('spec.objective', 'expected an objective, got nothing; give type and objectiveMetricName')]
  }
  const { objectiveMetricName, additionalMetricNames = [] } = objective
  const path = 'spec.objective'
  if (objectiveMetricName === '') {
    return [
      required(`${path}.objectiveMetricName`, 'expected the name of a metric, got ""; name what the trial prints'),
    ]
  }
  const count = 1 + additionalMetricNames.length
  if (count > MAX_METRICS) {
    return [invalid(`${path}.additionalMetricNames`, `expected at most ${MAX_METRICS} metrics in all, got ${count}`)]
  }
  if (additionalMetricNames.includes(objectiveMetricName)) {
    const got = shown(objectiveMetricName)
    return [
      invalid(`${path}.additionalMetricNames`, `expected metrics besides the objective, got ${got}; remove it there`),
    ]
  }
  return duplicates(
    (objective.metricStrategies ?? []).map(strategy => strategy.name),
    i => `${path}.metricStrategies[${i}].name`,
  )
}
