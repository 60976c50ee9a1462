/**
 * A curve of the newest attempt. A short one is read whole; of a long one the database names the rows that show its shape,
 * and only they are read, so that a million rows cost one pass there and nothing here.
 */
import type { Pool } from 'pg'
import type { LearningCurve } from '../store.ts'
import { type CurveRow, curveOf } from './curve.ts'

const MAX_ROWS_READ = 5_000

const SERIES = `
  select id, reported, kept from metric_series
  where trial_uid = $1 and metric_name = $2
    and attempt = (select max(attempt) from observation_attempt where trial_uid = $1)`

interface SeriesRecord {
  readonly id: string
  readonly reported: string
  readonly kept: string
}
interface RowRecord {
  readonly series_id: string
  readonly sequence: string
  readonly value: string
  readonly reported_at: string | null
  readonly step: number | null
  readonly received_at: Date
  readonly ordinal: string
}

export async function readCurve(
  pool: Pool,
  trialUid: string,
  metricName: string,
  maxPoints: number,
): Promise<LearningCurve> {
  const wanted = { name: 'series of a curve', text: SERIES, values: [trialUid, metricName] }
  const { rows: series } = await pool.query<SeriesRecord>(wanted)
  const reported = series.reduce((sum, one) => sum + Number(one.reported), 0)
  const kept = series.reduce((sum, one) => sum + Number(one.kept), 0)
  if (kept === 0) return curveOf(metricName, [], reported, maxPoints)
  const gone = reported - kept
  if (kept <= MAX_ROWS_READ) return curveOf(metricName, await readWhole(pool, series, gone), reported, maxPoints)
  const rows = await readShape(pool, series, kept, gone, maxPoints)
  return curveOf(metricName, rows, reported, rows.length)
}

/**
 * Columns as one text of JSON: a driver's object for each row costs Node three times as much. Times in milliseconds since 1970.
 * Of one series the order is that of the primary key, and nothing is sorted.
 */
const wholeOf = (series: readonly SeriesRecord[]) => `
  select json_build_array(json_agg(value), json_agg(reported_at), json_agg(step),
    json_agg(floor(1000 * extract(epoch from received_at))), json_agg(ordinal))::text as columns
  from (${
    series.length === 1
      ? 'select * from metric_row where series_id = ($1::bigint[])[1] order by sequence'
      : `select metric_row.* from metric_row join metric_series series on series.id = series_id
         where series_id = any($1::bigint[]) order by sequence, stream`
  }) ordered`

type Columns = readonly [
  values: readonly string[],
  reported: readonly (string | null)[],
  steps: readonly (number | null)[],
  receivedMs: readonly number[],
  ordinals: readonly (number | null)[],
]

async function readWhole(pool: Pool, series: readonly SeriesRecord[], gone: number): Promise<readonly CurveRow[]> {
  const query = { name: series.length === 1 ? 'curve of a series' : 'curve of series', text: wholeOf(series) }
  const { rows } = await pool.query<{ columns: string }>({ ...query, values: [series.map(({ id }) => id)] })
  // As `wholeOf` makes it; null throughout when the rows went meanwhile.
  const [values, reported, steps, receivedMs, ordinals] = JSON.parse(rows[0].columns) as Columns
  return (values ?? []).map((value, i) => ({
    value,
    time: reported[i] ?? undefined,
    step: steps[i] ?? ordinals[i] ?? i + 1 + gone,
    receivedMs: receivedMs[i],
  }))
}

/** Rows with `rank`, their order from 1. */
const ranked = (series: readonly SeriesRecord[]) =>
  series.length === 1
    ? 'select *, row_number() over (order by sequence) as rank from metric_row where series_id = ($1::bigint[])[1]'
    : `select metric_row.*, row_number() over (order by sequence, stream) as rank
       from metric_row join metric_series series on series.id = series_id where series_id = any($1::bigint[])`

/** The lowest and the highest number of a stretch, its first row and its last: [number, sequence, rank, series], exact as doubles. */
const stretchesOf = (series: readonly SeriesRecord[]) => `
  select
    min(array[number, sequence, rank, series_id]::float8[]) filter (where number is not null) as low,
    max(array[number, -sequence, -rank, -series_id]::float8[]) filter (where number is not null) as high,
    min(array[rank, sequence, series_id]::float8[]) as first,
    max(array[rank, sequence, series_id]::float8[]) as last
  from (${ranked(series)}) ranked group by (rank - 1) * $2 / $3 order by (rank - 1) * $2 / $3`

interface Stretch {
  readonly low: readonly number[] | null
  readonly high: readonly number[] | null
  readonly first: readonly number[]
  readonly last: readonly number[]
}

/** At most `maxPoints` rows, 4 at least: the ends, and of stretches of equal length the extremes. */
async function readShape(
  pool: Pool,
  series: readonly SeriesRecord[],
  kept: number,
  gone: number,
  maxPoints: number,
): Promise<readonly CurveRow[]> {
  const ids = series.map(({ id }) => id)
  const stretchCount = Math.max(1, Math.floor((maxPoints - 2) / 2))
  const { rows: stretches } = await pool.query<Stretch>(stretchesOf(series), [ids, stretchCount, kept])
  const ranks = new Map<string, number>()
  for (const [i, { low, high, first, last }] of stretches.entries()) {
    if (low) ranks.set(`${low[3]} ${low[1]}`, low[2])
    if (high) ranks.set(`${-high[3]} ${-high[1]}`, -high[2])
    if (i === 0 || !low) ranks.set(`${first[2]} ${first[1]}`, first[0])
    if (i === stretches.length - 1) ranks.set(`${last[2]} ${last[1]}`, last[0])
  }
  const sequences = [...new Set(Array.from(ranks.keys(), key => key.split(' ')[1]))]
  const { rows } = await pool.query<RowRecord>(
    `select series_id, sequence, value, reported_at, step, received_at, ordinal from metric_row
     where series_id = any($1::bigint[]) and sequence = any($2::bigint[])`,
    [ids, sequences],
  )
  const chosen = rows.flatMap(row => {
    const rank = ranks.get(`${row.series_id} ${row.sequence}`)
    return rank === undefined ? [] : [{ row, rank }]
  })
  chosen.sort((a, b) => a.rank - b.rank)
  return chosen.map(({ row, rank }) => curveRow(row, row.ordinal === null ? rank + gone : Number(row.ordinal)))
}

function curveRow({ value, reported_at, step, received_at }: RowRecord, ordinal: number): CurveRow {
  return { value, time: reported_at ?? undefined, step: step ?? ordinal, receivedMs: received_at.getTime() }
}
