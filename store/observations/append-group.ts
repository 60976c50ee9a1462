/**
 * Reports of many trials as one statement: one round trip, one commit.
 *
 * Series are locked in the order of their ids, rows that are there already change nothing, and the summaries of the series
 * are brought up to date from the rows that were added. Only rows up to a series' greatest sequence can be there already: to
 * look for all of them costs a third more.
 */

import type { PoolClient } from 'pg'
import { finiteNumber } from '#api'
import type { Report } from '../store.ts'
import type { ObservationChange } from './change-feed.ts'
import { seriesKey } from './series-ids.ts'

/** Postgres gives up at 8,000 bytes a notification. */
const MAX_PAYLOAD_BYTES = 7_000
export const CHANNEL = 'qalam_observation'

const APPEND = `
  with live as (
    select id, thinned_through, latest_sequence from metric_series where id = any($1::bigint[]) order by id for update
  ), given as materialized (
    select reported.*, reported.sequence > live.latest_sequence as is_new
    from unnest($2::bigint[], $3::bigint[], $4::text[], $5::float8[], $6::text[], $7::float8[])
      as reported (series_id, sequence, value, number, reported_at, step)
    join live on live.id = reported.series_id
    where live.thinned_through is null or reported.sequence > live.thinned_through
  ), fresh as (
    insert into metric_row (series_id, sequence, value, number, reported_at, step)
    select series_id, sequence, value, number, reported_at, step from given where is_new
    returning series_id, sequence, value, number
  ), repeated as (
    insert into metric_row (series_id, sequence, value, number, reported_at, step)
    select series_id, sequence, value, number, reported_at, step from given where not is_new
    on conflict do nothing
    returning series_id, sequence, value, number
  ), added as (
    select * from fresh union all select * from repeated
  ), delta as (
    select series_id, count(*) as added, min(number) as min_number, max(number) as max_number,
      (array_agg(value order by number, sequence) filter (where number is not null))[1] as min_value,
      (array_agg(value order by number desc, sequence) filter (where number is not null))[1] as max_value,
      max(sequence) as latest_sequence, (array_agg(value order by sequence desc))[1] as latest
    from added group by series_id
  ), summed as (
    update metric_series series set
      min_value = case when delta.min_number < series.min_number or series.min_number is null
        then delta.min_value else series.min_value end,
      max_value = case when delta.max_number > series.max_number or series.max_number is null
        then delta.max_value else series.max_value end,
      min_number = least(series.min_number, delta.min_number),
      max_number = greatest(series.max_number, delta.max_number),
      latest = case when delta.latest_sequence > series.latest_sequence then delta.latest else series.latest end,
      latest_sequence = greatest(series.latest_sequence, delta.latest_sequence),
      reported = series.reported + delta.added,
      kept = series.kept + delta.added
    from delta where series.id = delta.series_id
  ), reporting as (
    insert into observation_attempt as known (trial_uid, attempt, final, diagnosis)
    select * from unnest($8::text[], $9::integer[], $10::boolean[], $11::text[])
    on conflict (trial_uid, attempt) do update set
      final = known.final or excluded.final,
      diagnosis = coalesce(excluded.diagnosis, known.diagnosis),
      changed_at = now()
  )
  select max(series.latest_sequence) as acknowledged,
    (select count(*) from live) as live,
    (select count(pg_notify('${CHANNEL}', payload)) from unnest($15::text[]) payload) as told
  from unnest($12::text[], $13::integer[], $14::text[]) with ordinality as given (trial_uid, attempt, stream, place)
  left join metric_series series using (trial_uid, attempt, stream)
  group by place order by place`

/** The highest sequence stored of each report's stream; undefined when a series was deleted meanwhile: ask for ids again. */
export async function appendGroup(
  client: PoolClient,
  reports: readonly Report[],
  ids: ReadonlyMap<string, string>,
): Promise<readonly number[] | undefined> {
  const rows = rowColumns(reports, ids)
  const seriesIds = [...new Set(rows.seriesIds)]
  const attempts = attemptColumns(reports)
  const { rows: answers } = await client.query<{ acknowledged: string | null; live: string }>({
    name: 'append',
    text: APPEND,
    values: [
      numbers(seriesIds),
      numbers(rows.seriesIds),
      numbers(rows.sequences),
      texts(rows.values),
      numbers(rows.numbers),
      texts(rows.times),
      numbers(rows.steps),
      ...attempts,
      reports.map(report => report.trialUid),
      reports.map(report => report.attempt),
      reports.map(report => report.stream),
      payloads(reports),
    ],
  })
  if (Number(answers[0].live) < seriesIds.length) return undefined
  return answers.map((answer, i) =>
    // The statement answers from before its own rows.
    reports[i].rows.reduce((highest, row) => Math.max(highest, row.sequence), Number(answer.acknowledged ?? -1)),
  )
}

function rowColumns(reports: readonly Report[], ids: ReadonlyMap<string, string>) {
  const seriesIds: string[] = []
  const sequences: number[] = []
  const values: string[] = []
  const numbers: (number | undefined)[] = []
  const times: (string | undefined)[] = []
  const steps: (number | undefined)[] = []
  const isRepeated = repeats()
  for (const report of reports) {
    for (const row of report.rows) {
      // Every series of the group was given an id before.
      const seriesId = ids.get(seriesKey(report, row.metricName)) as string
      if (isRepeated(seriesId, row.sequence)) continue
      seriesIds.push(seriesId)
      sequences.push(row.sequence)
      values.push(withoutNul(row.value))
      numbers.push(finiteNumber(row.value))
      times.push(row.time)
      steps.push(row.step)
    }
  }
  return { seriesIds, sequences, values, numbers, times, steps }
}

/** Whether a row was in the group before; the first of them counts. */
function repeats(): (seriesId: string, sequence: number) => boolean {
  const seen = new Map<string, { highest: number; readonly all: Set<number> }>()
  return (seriesId, sequence) => {
    const series = seen.get(seriesId)
    if (series === undefined) seen.set(seriesId, { highest: sequence, all: new Set([sequence]) })
    else if (sequence <= series.highest && series.all.has(sequence)) return true
    else {
      series.highest = Math.max(series.highest, sequence)
      series.all.add(sequence)
    }
    return false
  }
}

/** One row an attempt, in order; the last diagnosis of a final holds. */
function attemptColumns(reports: readonly Report[]): [string[], number[], boolean[], (string | undefined)[]] {
  const attempts = new Map<string, { uid: string; attempt: number; final: boolean; diagnosis: string | undefined }>()
  for (const { trialUid: uid, attempt, rows, final = false, diagnosis } of reports) {
    if (rows.length === 0 && !final) continue
    const key = `${uid}\0${attempt}`
    const known = attempts.get(key)
    attempts.set(key, {
      uid,
      attempt,
      final: final || known?.final === true,
      diagnosis: (final ? diagnosis && withoutNul(diagnosis) : undefined) ?? known?.diagnosis,
    })
  }
  const sorted = [...attempts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  return [
    sorted.map(one => one.uid),
    sorted.map(one => one.attempt),
    sorted.map(one => one.final),
    sorted.map(one => one.diagnosis),
  ]
}

/** The UIDs with news as JSON pairs of UID and whether it is final, in as many notifications as it takes. */
function payloads(reports: readonly Report[]): string[] {
  const finals = new Map<string, boolean>()
  for (const { trialUid, final = false } of reports) finals.set(trialUid, final || finals.get(trialUid) === true)
  const texts: string[] = []
  let chunk: string[] = []
  let sizeBytes = 0
  for (const pair of finals) {
    const text = JSON.stringify(pair)
    const textBytes = Buffer.byteLength(text) + 1
    if (sizeBytes + textBytes > MAX_PAYLOAD_BYTES) {
      texts.push(`[${chunk.join(',')}]`)
      chunk = []
      sizeBytes = 0
    }
    chunk.push(text)
    sizeBytes += textBytes
  }
  return [...texts, `[${chunk.join(',')}]`]
}

export function changesOf(payload: string): readonly ObservationChange[] {
  return (JSON.parse(payload) as [string, boolean][]).map(([trialUid, final]) => ({ trialUid, final }))
}

/** An array of numbers as Postgres reads it; quicker than the driver's, which quotes each. */
function numbers(values: readonly (number | string | undefined)[]): string {
  return `{${values.map(value => value ?? 'NULL').join(',')}}`
}

/** The same for texts, few of which hold what has to be escaped. */
function texts(values: readonly (string | undefined)[]): string {
  return `{${values.map(value => (value === undefined ? 'NULL' : quoted(value))).join(',')}}`
}

const quoted = (text: string) => `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, '\\$&') : text}"`

/** Postgres text holds no U+0000. */
export const withoutNul = (text: string) => (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text)
