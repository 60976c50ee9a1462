/**
 * A report of Katib's wire as rows of the store. The wire carries no step, no sequence and often only whole seconds, so a
 * row's sequence is made from its time: microseconds since 1970, and within one time the order of arrival.
 *
 * A report that is sent again changes nothing: where the last values known of a time are the ones that arrive, they are the
 * same ones. So a value that a trial really reports twice in a row within one second counts once; nothing else is lost.
 */
import { UNAVAILABLE } from '#api'
import type { MetricRow, RowFilter, StoredRow } from '#store'
import type { MetricLogMessage } from './messages.ts'
import { Refusal } from './refusal.ts'
import { timeStamp } from './time-stamp.ts'

export interface Reported {
  readonly rows: readonly MetricRow[]
  /** Metrics that Katib's collector looked for and did not find: nothing more comes. */
  readonly missing: readonly string[]
}

interface Log {
  readonly name: string
  readonly value: string
  /** As written; absent where the log says none, or the zero time that Katib's collector gives to lines without one. */
  readonly time?: string
  /** The sequences that are free for this time. */
  readonly from: number
  readonly to: number
}

/** What the trial has reported on this wire so far, in order; of one metric where one is named. */
export type Known = (
  filter: Required<Pick<RowFilter, 'sequences'>> & Pick<RowFilter, 'metricName'>,
) => AsyncIterable<StoredRow>

/** Throws `Refusal` with every log that cannot be read. */
export async function reportedRows(logs: readonly MetricLogMessage[], known: Known): Promise<Reported> {
  const problems: string[] = []
  const missing: string[] = []
  const read: Log[] = []
  for (const [i, { timeStamp: time, metric }] of logs.entries()) {
    const { name = '', value = '' } = metric ?? {}
    const place = placeOf(time)
    if (name === '') problems.push(`metric_logs[${i}].metric.name is empty`)
    else if (value === UNAVAILABLE) missing.push(name)
    else if (place) read.push({ name, value, ...place })
    else problems.push(`metric_logs[${i}].time_stamp: expected an RFC 3339 time, got "${time}"`)
  }
  if (problems.length > 0) throw new Refusal('INVALID_ARGUMENT', problems.slice(0, MAX_PROBLEMS).join('; '))
  const byMetric = [...Map.groupBy(read, ({ name }) => name)]
  const stored = await storedOf(read, byMetric.length === 1 ? byMetric[0][0] : undefined, known)
  return { rows: byMetric.flatMap(([name, logs]) => sequenced(logs, stored.get(name) ?? [])), missing }
}

const MAX_PROBLEMS = 10
/** Values without a time have the first eleven days of 1970 for their order of arrival. */
const TIMELESS = { from: 0, to: 10 ** 12 }

function placeOf(time: string): Pick<Log, 'time' | 'from' | 'to'> | undefined {
  if (time === '') return TIMELESS
  const stamp = timeStamp(time)
  if (!stamp) return undefined
  if (stamp.microseconds < TIMELESS.to) return TIMELESS
  return { time, from: stamp.microseconds, to: stamp.microseconds + stamp.open }
}

function sequenced(logs: readonly Log[], stored: readonly StoredRow[]): MetricRow[] {
  const byTime = Map.groupBy(stored, row => placeOf(row.time ?? '')?.from)
  const rows: MetricRow[] = []
  let last = -1
  const groups = [...Map.groupBy(logs, ({ from }) => from)].sort(([a], [b]) => a - b)
  for (const [from, group] of groups) {
    const before = byTime.get(from) ?? []
    const tail = before.slice(before.length - group.length)
    const isRepeat = tail.length === group.length && group.every(({ value }, i) => tail[i].value === value)
    const free = Math.max(from, last + 1, (before.at(-1)?.sequence ?? -1) + 1)
    for (const [i, { name, value, time }] of group.entries()) {
      last = isRepeat ? tail[i].sequence : free + i
      rows.push({ metricName: name, value, sequence: last, ...(time === undefined ? {} : { time }) })
    }
  }
  return rows
}

/** What is stored of the times of these logs, by metric: one look at those with a time, one at those without. */
async function storedOf(
  logs: readonly Log[],
  metricName: string | undefined,
  known: Known,
): Promise<Map<string, StoredRow[]>> {
  const byMetric = new Map<string, StoredRow[]>()
  for (const alike of Map.groupBy(logs, log => log.time === undefined).values()) {
    const from = alike.reduce((least, log) => Math.min(least, log.from), Number.POSITIVE_INFINITY)
    const to = alike.reduce((most, log) => Math.max(most, log.to), 0)
    for await (const row of known({ sequences: { from, to }, ...(metricName === undefined ? {} : { metricName }) })) {
      const rows = byMetric.get(row.metricName)
      if (rows) rows.push(row)
      else byMetric.set(row.metricName, [row])
    }
  }
  return byMetric
}
