/** From what was reported to an Observation, and whether it says anything about the objective. */
import {
  finiteNumber,
  type Metric,
  type Objective,
  type Observation,
  objectiveText,
  type Trial,
  UNAVAILABLE,
} from '#api'
import type { ObservationSummary } from '#store'

/**
 * One entry for each metric with a strategy, in their order; values as the trial wrote them. NaN and infinities are kept as
 * latest and never in min or max (policy S7). Undefined: nothing of any of them was reported.
 */
export function summarise(objective: Objective, summary: ObservationSummary | undefined): Observation | undefined {
  if (!summary) return undefined
  const names = objective.metricStrategies?.map(strategy => strategy.name) ?? [objective.objectiveMetricName]
  const metrics = names.map((name): Metric => {
    const { min = UNAVAILABLE, max = UNAVAILABLE, latest = UNAVAILABLE } = summary.metrics[name] ?? {}
    return { name, min, max, latest }
  })
  return metrics.some(metric => metric.latest !== UNAVAILABLE) ? { metrics } : undefined
}

/** The objective as a finite number; undefined for everything that may never be best (S7, S8). */
export function objectiveValue(trial: Trial): number | undefined {
  const known = values.get(trial)
  if (known) return known.value
  const value = readValue(trial)
  values.set(trial, { value })
  return value
}

/** Cached objects never change, and the best of thousands is looked for at every step. */
const values = new WeakMap<Trial, { readonly value: number | undefined }>()

function readValue(trial: Trial): number | undefined {
  if (!trial.spec.objective) return undefined
  const text = objectiveText(trial.spec.objective, trial.status?.observation)
  return text === undefined ? undefined : finiteNumber(text)
}
