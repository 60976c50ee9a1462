/** `qalam trials` */
import { stringify } from 'yaml'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, finiteNumber, INDEX_LABEL, type Trial } from '#api'
import { CommandError, EXIT } from './exit.ts'
import { experimentNamed } from './output/best-trial.ts'
import { age, table } from './output/table.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

interface TrialsOptions extends Place {
  readonly output?: string
  readonly sort: string
  readonly limit?: number
}

export async function trials(name: string, options: TrialsOptions): Promise<void> {
  await using place = await connect(options)
  const experiment = await experimentNamed(place.client, place.namespace, name)
  const { items } = await place.client.list<Trial>(
    { apiVersion: API_VERSION, kind: 'Trial' },
    { namespace: place.namespace, labelSelector: `${EXPERIMENT_LABEL}=${name}` },
  )
  const sorted = items.toSorted(order(experiment, options.sort)).slice(0, options.limit)
  process.stdout.write(`${print(sorted, experiment, options.output)}\n`)
}

function print(trials: readonly Trial[], experiment: Experiment, output: string | undefined): string {
  const names = experiment.spec.parameters?.map(parameter => parameter.name) ?? []
  const header = [
    'number',
    'name',
    'phase',
    experiment.spec.objective?.objectiveMetricName ?? 'objective',
    ...names,
    'duration',
  ]
  const rows = trials.map(trial => [
    String(numberOf(trial) ?? ''),
    trial.metadata.name,
    trial.status?.phase ?? 'Pending',
    objectiveText(trial),
    ...names.map(name => assigned(trial, name)),
    durationOf(trial),
  ])
  switch (output) {
    case undefined:
      return table(
        header.map(cell => cell.toUpperCase()),
        rows,
      )
    case 'csv':
      return [header, ...rows].map(row => row.map(csvCell).join(',')).join('\n')
    case 'name':
      return trials.map(trial => `trial.kubeflow.org/${trial.metadata.name}`).join('\n')
    case 'json':
      return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: trials }, undefined, 2)
    case 'jsonl':
      return trials.map(trial => JSON.stringify(trial)).join('\n')
    case 'yaml':
      return stringify({ apiVersion: 'v1', kind: 'List', items: trials }).trimEnd()
    default:
      throw new CommandError(EXIT.usage, `-o ${output}: expected json, jsonl, yaml, csv or name`)
  }
}

/** `objective`: best first, trials without one last; `number`; or a parameter, ascending. */
function order(experiment: Experiment, column: string): (a: Trial, b: Trial) => number {
  const names = experiment.spec.parameters?.map(parameter => parameter.name) ?? []
  const byNumber = (a: Trial, b: Trial) => (numberOf(a) ?? 0) - (numberOf(b) ?? 0)
  if (column === 'number') return byNumber
  if (column === 'objective') {
    const sign = experiment.spec.objective?.type === 'maximize' ? -1 : 1
    const rank = (trial: Trial) => {
      const value = finiteNumber(objectiveText(trial))
      return value === undefined ? Number.POSITIVE_INFINITY : sign * value
    }
    return (a, b) => (rank(a) === rank(b) ? byNumber(a, b) : rank(a) - rank(b))
  }
  if (!names.includes(column)) {
    throw new CommandError(EXIT.usage, `--sort ${column}: expected objective, number, ${names.join(', ')}`)
  }
  return (a, b) => assigned(a, column).localeCompare(assigned(b, column), 'en', { numeric: true }) || byNumber(a, b)
}

export function objectiveText(trial: Trial): string {
  const name = trial.spec.objective?.objectiveMetricName
  const metric = trial.status?.observation?.metrics?.find(candidate => candidate.name === name)
  const strategy = trial.spec.objective?.metricStrategies?.find(candidate => candidate.name === name)?.value ?? 'latest'
  return metric?.[strategy] ?? ''
}

export function numberOf(trial: Trial): number | undefined {
  const label = trial.metadata.labels?.[INDEX_LABEL]
  return label === undefined ? undefined : Number(label)
}

const assigned = (trial: Trial, name: string) =>
  trial.spec.parameterAssignments?.find(assignment => assignment.name === name)?.value ?? ''

function durationOf(trial: Trial): string {
  const { startTime, completionTime } = trial.status ?? {}
  return startTime && completionTime ? age(Date.parse(completionTime) - Date.parse(startTime)) : ''
}

const csvCell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
