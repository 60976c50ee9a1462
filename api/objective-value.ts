/** What a trial reached, and why that can be of no use to a search. */
import { isTrue } from './condition.ts'
import { finiteNumber } from './metric-number.ts'
import { missingMetric } from './missing-metric.ts'
import type { Objective } from './objective.ts'
import { type Observation, UNAVAILABLE } from './observation.ts'
import type { Trial } from './trial.ts'

/** The objective's text by its strategy; min and max fall back to latest. Undefined: unavailable. */
export function objectiveText(objective: Objective, observation: Observation | undefined): string | undefined {
  const name = objective.objectiveMetricName
  const metric = observation?.metrics?.find(candidate => candidate.name === name)
  if (!metric) return undefined
  const strategy = objective.metricStrategies?.find(candidate => candidate.name === name)?.value ?? 'latest'
  const chosen = metric[strategy] === UNAVAILABLE ? metric.latest : metric[strategy]
  return chosen === UNAVAILABLE || chosen === '' ? undefined : chosen
}

/**
 * What to say of an objective that was reported and is no finite number: such a trial is never best, however well it ended.
 * Words (an architecture, say) are an objective of their own kind: the one that ended last is the answer, as in Katib.
 */
export function uselessObjective(objective: Objective, observation: Observation | undefined): string | undefined {
  const text = objectiveText(objective, observation)
  if (text === undefined || finiteNumber(text) !== undefined || isWords(text)) return undefined
  return `"${objective.objectiveMetricName}" ended as ${text}, which can never be the best; find out why the program reports it, or leave out what leads there`
}

/** Why a trial that ended without a failure cannot be the best; undefined: it can, or it has failed, or still runs. */
export function whyNeverBest(trial: Trial): string | undefined {
  const { conditions, observation } = trial.status ?? {}
  const hasEnded = isTrue(conditions, 'Succeeded') || isTrue(conditions, 'EarlyStopped')
  const useless = hasEnded && trial.spec.objective ? uselessObjective(trial.spec.objective, observation) : undefined
  return useless ?? missingMetric(trial)
}

const isWords = (text: string) => !/^[+-]?([\d.]|nan$|inf(inity)?$)/i.test(text.trim())
