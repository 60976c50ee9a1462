/** Thins the rows of a trial in the database, by the rule of `thinning.ts`. Rows that stay are told their order among all. */
import type { PoolClient } from 'pg'

const OVER_CAP = 'select coalesce(sum(kept), 0) > $2 as over from metric_series where trial_uid = $1'
const LOCK = 'select id from metric_series where trial_uid = $1 order by id for update'

/** One pass in the order of the primary key: nothing is sorted, so that neighbours' reports do not wait for long. */
const THIN = `
  with series as (
    select id, reported - kept as gone, kept / 2 as stretches,
      (select min(sequence) from metric_row where series_id = $1) as first,
      (select max(sequence) from metric_row where series_id = $1) as last,
      (select sequence from metric_row where series_id = $1 and number = min_number order by sequence limit 1) as lowest,
      (select sequence from metric_row where series_id = $1 and number = max_number order by sequence limit 1) as highest
    from metric_series where id = $1 and kept > 4
  ), placed as (
    select sequence, row_number() over (order by sequence) + gone as ordinal,
      floor((sequence - first)::float8 * stretches / (last - first + 1)) as stretch
    from metric_row join series on series_id = id where series_id = $1
  ), judged as (
    select placed.sequence, ordinal,
      stretch is distinct from lag(stretch) over (order by placed.sequence) or placed.sequence = last
        or coalesce(placed.sequence = lowest or placed.sequence = highest, false) as stays
    from placed, series
  ), gone as (
    delete from metric_row using judged
    where series_id = $1 and metric_row.sequence = judged.sequence and not stays
  )
  update metric_row set ordinal = judged.ordinal from judged
  where series_id = $1 and metric_row.sequence = judged.sequence and stays and metric_row.ordinal is null`

const MARK = `
  update metric_series series set
    kept = (select count(*) from metric_row where series_id = series.id),
    thinned_through = latest_sequence
  where trial_uid = $1`

/** Halves the rows of the trial when it keeps more than `maxRows`. */
export async function thinTrial(client: PoolClient, trialUid: string, maxRows: number): Promise<void> {
  const { rows } = await client.query<{ over: boolean }>(OVER_CAP, [trialUid, maxRows])
  if (!rows[0].over) return
  await client.query('begin')
  try {
    const { rows: series } = await client.query<{ id: string }>(LOCK, [trialUid])
    for (const { id } of series) await client.query(THIN, [id])
    await client.query(MARK, [trialUid])
    await client.query('commit')
  } catch (reason) {
    await client.query('rollback').catch(() => {})
    throw reason
  }
}
