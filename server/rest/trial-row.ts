/** A trial as REST shows it: one flat row, numbers as numbers. */
import { z } from 'zod'
import {
  type Experiment,
  finiteNumber,
  INDEX_LABEL,
  isTrue,
  TERMINAL_TRIAL_CONDITIONS,
  type Trial,
  TrialPhase,
} from '#api'

/** JSON has no NaN and no infinities; they are spelled out. */
export const Reading = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
export type Reading = z.output<typeof Reading>

export const TrialRow = z.object({
  name: z.string(),
  /** The trial's index in its experiment, from 0. */
  number: z.number().int().optional(),
  status: TrialPhase,
  /** The objective metric's value by its strategy; absent until it was observed. */
  objective: Reading.optional(),
  /** By name; numbers for numeric parameters. */
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
  /** As Katib writes them. */
  assignments: z.array(z.object({ name: z.string(), value: z.string() })),
  metrics: z.record(
    z.string(),
    z.object({ latest: Reading.optional(), min: Reading.optional(), max: Reading.optional() }),
  ),
  startTime: z.string().optional(),
  completionTime: z.string().optional(),
  durationSeconds: z.number().optional(),
  /** Why what it reported may not be all; absent: it is. */
  incomplete: z.string().optional(),
  /** Of the last condition. */
  reason: z.string().optional(),
  message: z.string().optional(),
})
export type TrialRow = z.output<typeof TrialRow>

export function trialRow(trial: Trial, experiment: Experiment | undefined): TrialRow {
  const { status } = trial
  const last = status?.conditions?.at(-1)
  const label = trial.metadata.labels?.[INDEX_LABEL]
  return {
    name: trial.metadata.name,
    ...(label !== undefined && { number: Number(label) }),
    status: phaseOf(trial),
    ...defined('objective', objectiveOf(trial)),
    parameters: typedParameters(trial, experiment),
    assignments: (trial.spec.parameterAssignments ?? []).map(({ name, value }) => ({ name, value })),
    metrics: metricsOf(trial),
    ...defined('startTime', status?.startTime ?? undefined),
    ...defined('completionTime', status?.completionTime ?? undefined),
    ...defined('durationSeconds', durationSeconds(trial)),
    ...defined('incomplete', status?.conditions?.find(({ type }) => type === 'MetricsIncomplete')?.message),
    ...defined('reason', last?.reason),
    ...defined('message', last?.message),
  }
}

export function phaseOf(trial: Trial): TrialPhase {
  const { phase, conditions } = trial.status ?? {}
  if (phase !== undefined) return phase
  const ended = TERMINAL_TRIAL_CONDITIONS.find(type => isTrue(conditions, type))
  return ended ?? (isTrue(conditions, 'Running') ? 'Running' : 'Pending')
}

export const hasEnded = (row: TrialRow) => row.status !== 'Pending' && row.status !== 'Running'

/** The number a text says, or which kind of no number it is; `unavailable` and other words are `undefined`. */
export function readingOf(text: string | undefined): Reading | undefined {
  if (text === undefined || text.trim() === '') return undefined
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return text
  return finiteNumber(text)
}

/** Katib's rule: the strategy's value, `latest` where that is unavailable; without a strategy, the direction's extreme. */
function objectiveOf(trial: Trial): Reading | undefined {
  const objective = trial.spec.objective
  const metric = trial.status?.observation?.metrics?.find(({ name }) => name === objective?.objectiveMetricName)
  if (objective === undefined || metric === undefined) return undefined
  const strategy = objective.metricStrategies?.find(({ name }) => name === metric.name)?.value
  const chosen = strategy ?? (objective.type === 'minimize' ? 'min' : 'max')
  return readingOf(metric[chosen]) ?? readingOf(metric.latest)
}

function metricsOf(trial: Trial): TrialRow['metrics'] {
  const metrics = trial.status?.observation?.metrics ?? []
  return Object.fromEntries(
    metrics.map(({ name, latest, min, max }) => [
      name,
      {
        ...defined('latest', readingOf(latest)),
        ...defined('min', readingOf(min)),
        ...defined('max', readingOf(max)),
      },
    ]),
  )
}

function typedParameters(trial: Trial, experiment: Experiment | undefined): TrialRow['parameters'] {
  const categorical = new Set(
    experiment?.spec.parameters?.filter(each => each.parameterType === 'categorical').map(each => each.name),
  )
  const assignments = trial.spec.parameterAssignments ?? []
  return Object.fromEntries(
    assignments.map(({ name, value }) => {
      const reading = categorical.has(name) ? undefined : readingOf(value)
      return [name, typeof reading === 'number' ? reading : value]
    }),
  )
}

function durationSeconds(trial: Trial): number | undefined {
  const { startTime, completionTime } = trial.status ?? {}
  return startTime && completionTime ? (Date.parse(completionTime) - Date.parse(startTime)) / 1000 : undefined
}

/** A member that is left out rather than undefined. */
function defined<Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value })
}
