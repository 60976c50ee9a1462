/**
 * Thins the rows of a trial in the database, by the rule of `thinning.ts`. Rows that stay are told their order among all.
 *
 * First the series say up to where they are being thinned, so that rows which come meanwhile are not touched and nobody who
 * reports waits for a lock; then each is thinned in one statement. Cut off between, the next look at the cap does it again.
 */
import type { Pool } from 'pg'

const OVER_CAP = 'select coalesce(sum(kept), 0) > $2 as over from metric_series where trial_uid = $1'
const MARK = 'update metric_series set thinned_through = latest_sequence where trial_uid = $1 returning id'

/** One pass in the order of the primary key, without a sort. */
const THIN = `
  with series as (
    select id, reported - kept as gone, (select min(sequence) from metric_row where series_id = $1) as first,
      (select max(sequence) from metric_row where series_id = $1 and sequence <= thinned_through) as last,
      (select count(*) / 2 from metric_row where series_id = $1 and sequence <= thinned_through) as stretches,
      (select sequence from metric_row where series_id = $1 and number = min_number order by sequence limit 1) as lowest,
      (select sequence from metric_row where series_id = $1 and number = max_number order by sequence limit 1) as highest
    from metric_series where id = $1 and kept > 4
  ), placed as (
    select sequence, row_number() over (order by sequence) + gone as ordinal,
      floor((sequence - first)::float8 * stretches / (last - first + 1)) as stretch
    from metric_row join series on series_id = id where series_id = $1 and sequence <= last
  ), judged as (
    select placed.sequence, ordinal,
      stretch is distinct from lag(stretch) over (order by placed.sequence) or placed.sequence = last
        or coalesce(placed.sequence = lowest or placed.sequence = highest, false) as stays
    from placed, series
  ), gone as (
    delete from metric_row using judged
    where series_id = $1 and metric_row.sequence = judged.sequence and not stays
    returning 1
  ), told as (
    update metric_row set ordinal = judged.ordinal from judged
    where series_id = $1 and metric_row.sequence = judged.sequence and stays and metric_row.ordinal is null
  )
  update metric_series set kept = kept - (select count(*) from gone) where id = $1`

/** Halves the rows of the trial when it keeps more than `maxRows`. */
export async function thinTrial(pool: Pool, trialUid: string, maxRows: number): Promise<void> {
  const { rows } = await pool.query<{ over: boolean }>(OVER_CAP, [trialUid, maxRows])
  if (!rows[0].over) return
  const { rows: series } = await pool.query<{ id: string }>(MARK, [trialUid])
  for (const { id } of series) await pool.query(THIN, [id])
}
