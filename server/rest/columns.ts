/** Trials as a table: which columns there are, and one array for each. */
import { z } from 'zod'
import type { Experiment } from '#api'
import { Refusal } from './problem.ts'
import { Reading, type TrialRow } from './trial-row.ts'

export type FieldValue = number | string

/** One array per column, all of the same length; null where a trial has no value. */
export const Columns = z.record(z.string(), z.array(z.union([Reading, z.string(), z.null()])))
export type Columns = z.output<typeof Columns>

/**
 * Reads a field of a row: a column of the trial (`name`, `number`, `status`, `objective`, `duration`, `started`,
 * `completed`, `reason`), `parameters.NAME`, `metrics.NAME` (its latest), or a bare parameter or metric name.
 */
export function columnOf(field: string): (row: TrialRow) => FieldValue | undefined {
  const own = OWN_COLUMNS.get(field)
  if (own !== undefined) return own
  const [, prefix, name] = /^(parameters|metrics)\.(.+)$/s.exec(field) ?? []
  if (prefix === 'parameters') return row => member(row.parameters, name)
  if (prefix === 'metrics') return row => member(row.metrics, name)?.latest
  return row => member(row.parameters, field) ?? member(row.metrics, field)?.latest
}

export type ColumnOf = typeof columnOf

/**
 * `columnOf` for the fields that trials of this experiment can have. Throws `Refusal` 400 for any other: a name that was
 * misspelt would silently select nothing.
 */
export function columnsIn({ spec }: Experiment, rows: readonly TrialRow[]): ColumnOf {
  const { objectiveMetricName, additionalMetricNames = [] } = spec.objective ?? {}
  const declared = new Set([
    ...(spec.parameters ?? []).map(({ name }) => `parameters.${name}`),
    ...[objectiveMetricName, ...additionalMetricNames].map(name => `metrics.${name}`),
  ])
  return field => {
    const column = columnOf(field)
    const isDeclared =
      OWN_COLUMNS.has(field) || [field, `parameters.${field}`, `metrics.${field}`].some(name => declared.has(name))
    if (isDeclared || rows.some(row => column(row) !== undefined)) return column
    const names = [...OWN_COLUMNS.keys(), ...declared].join(', ')
    throw new Refusal(400, `no trial has a column "${field}"`, { hint: `there are: ${names}` })
  }
}

const OWN_COLUMNS = new Map<string, (row: TrialRow) => FieldValue | undefined>([
  ['name', row => row.name],
  ['number', row => row.number],
  ['status', row => row.status],
  ['objective', row => row.objective],
  ['duration', row => row.durationSeconds],
  ['durationSeconds', row => row.durationSeconds],
  ['started', row => row.startTime],
  ['startTime', row => row.startTime],
  ['completed', row => row.completionTime],
  ['completionTime', row => row.completionTime],
  ['reason', row => row.reason],
])

const member = <Value>(record: Readonly<Record<string, Value>>, name: string) =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** Names of the columns that these rows fill, in a fixed order: the trial's own, parameters, metrics. */
export function columnNames(rows: readonly TrialRow[]): readonly string[] {
  const parameters = new Set(rows.flatMap(row => Object.keys(row.parameters)))
  const metrics = new Set(rows.flatMap(row => Object.keys(row.metrics)))
  return [
    'name',
    'number',
    'status',
    'objective',
    ...[...parameters].map(name => `parameters.${name}`),
    ...[...metrics].map(name => `metrics.${name}`),
    'startTime',
    'completionTime',
    'durationSeconds',
  ]
}

export function toColumns(rows: readonly TrialRow[], names = columnNames(rows)): Columns {
  return Object.fromEntries(
    names.map(name => {
      const column = columnOf(name)
      return [name, rows.map(row => column(row) ?? null)]
    }),
  )
}

/** RFC 4180 with a header line; CRLF line ends, quotes where a cell needs them. */
export function toCsv(rows: readonly TrialRow[], names = columnNames(rows)): string {
  const columns = names.map(columnOf)
  const lines = rows.map(row => columns.map(column => csvCell(column(row) ?? '')).join(','))
  return `${[names.map(csvCell).join(','), ...lines].join('\r\n')}\r\n`
}

export function csvCell(value: FieldValue): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
