/** All rows of a trial, in order. */
import type { Pool } from 'pg'
import type { RowFilter, StoredRow } from '../store.ts'

const FETCH_ROWS = 2_000

const ALL = `
  declare all_rows no scroll cursor for
  select attempt, stream, metric_name, sequence, value, reported_at, step, received_at
  from metric_row join metric_series series on series.id = series_id
  where trial_uid = $1 and ($2::text is null or metric_name = $2) and ($3::integer is null or attempt = $3)
    and ($4::bigint is null or sequence >= $4) and ($5::bigint is null or sequence < $5)
  order by attempt, sequence, stream, metric_name`

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
