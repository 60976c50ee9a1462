/** Reads of rows: a curve of the newest attempt, and all rows in order. */
import type { Pool } from 'pg'
import type { LearningCurve, RowFilter, StoredRow } from '../store.ts'
import { type CurveRow, curveOf } from './curve.ts'
import { downSample } from './down-sample.ts'

/** Longer curves are chosen from by their numbers alone before their rows are read. */
const MAX_ROWS_READ = 5_000
const FETCH_ROWS = 2_000

const NEWEST = `(
  select id, stream, reported, kept from metric_series
  where trial_uid = $1 and metric_name = $2
    and attempt = (select max(attempt) from observation_attempt where trial_uid = $1)
) series`
const COUNT = `select coalesce(sum(reported), 0) as reported, coalesce(sum(kept), 0) as kept from ${NEWEST}`
const NUMBERS = `
  select array_agg(number order by sequence, stream) as numbers from metric_row join ${NEWEST} on series.id = series_id`
const ROWS = `
  select value, reported_at, step, received_at, place from (
    select metric_row.*, row_number() over (order by sequence, stream) - 1 as place
    from metric_row join ${NEWEST} on series.id = series_id
  ) placed
  where $3::bigint[] is null or place = any($3)
  order by place`

const ALL = `
  declare all_rows no scroll cursor for
  select attempt, stream, metric_name, sequence, value, reported_at, step, received_at
  from metric_row join metric_series series on series.id = series_id
  where trial_uid = $1 and ($2::text is null or metric_name = $2) and ($3::integer is null or attempt = $3)
    and ($4::bigint is null or sequence >= $4) and ($5::bigint is null or sequence < $5)
  order by attempt, sequence, stream, metric_name`

export async function readCurve(
  pool: Pool,
  trialUid: string,
  metricName: string,
  maxPoints: number,
): Promise<LearningCurve> {
  const series = [trialUid, metricName]
  const { rows: counts } = await pool.query<{ reported: string; kept: string }>(COUNT, series)
  const kept = Number(counts[0].kept)
  const places = kept > MAX_ROWS_READ ? await choose(pool, series, maxPoints) : null
  const { rows } = await pool.query<{
    value: string
    reported_at: string | null
    step: number | null
    received_at: Date
    place: string
  }>(ROWS, [...series, places])
  const curveRows = rows.map(
    (row): CurveRow => ({
      value: row.value,
      time: row.reported_at ?? undefined,
      step: row.step ?? Number(row.place) + 1,
      receivedAt: row.received_at,
    }),
  )
  return curveOf(metricName, curveRows, Number(counts[0].reported), places === null ? maxPoints : places.length)
}

async function choose(pool: Pool, series: readonly string[], maxPoints: number): Promise<readonly number[]> {
  const { rows } = await pool.query<{ numbers: (number | null)[] | null }>(NUMBERS, [...series])
  return downSample(
    (rows[0].numbers ?? []).map(number => number ?? Number.NaN),
    maxPoints,
  )
}

/** All rows of a trial through a cursor, so that a million of them pass through little memory. */
export async function* readRows(
  pool: Pool,
  trialUid: string,
  { metricName, attempt, sequences }: RowFilter,
): AsyncIterable<StoredRow> {
  const client = await pool.connect()
  try {
    await client.query('begin read only')
    const { from, to } = sequences ?? {}
    await client.query(ALL, [trialUid, metricName ?? null, attempt ?? null, from ?? null, to ?? null])
    for (;;) {
      const { rows } = await client.query<StoredRecord>(`fetch ${FETCH_ROWS} from all_rows`)
      if (rows.length === 0) return
      for (const row of rows) yield storedRow(row)
    }
  } finally {
    const isBroken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    client.release(isBroken)
  }
}

interface StoredRecord {
  attempt: number
  stream: string
  metric_name: string
  sequence: string
  value: string
  reported_at: string | null
  step: number | null
  received_at: Date
}

function storedRow(row: StoredRecord): StoredRow {
  return {
    attempt: row.attempt,
    stream: row.stream,
    metricName: row.metric_name,
    sequence: Number(row.sequence),
    value: row.value,
    ...(row.reported_at !== null && { time: row.reported_at }),
    ...(row.step !== null && { step: row.step }),
    receivedAt: row.received_at,
  }
}
