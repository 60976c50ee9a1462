/** Thins the rows of a trial in the database, by the rule of `thinning.ts`. */
import type { PoolClient } from 'pg'

const OVER_CAP = 'select coalesce(sum(kept), 0) > $2 as over from metric_series where trial_uid = $1'
const LOCK = 'select from metric_series where trial_uid = $1 order by id for update'

const THIN = `
  with span as (
    select series_id, min(sequence) as first, max(sequence) as last, count(*) / 2 as stretches
    from metric_row join metric_series series on series.id = series_id
    where trial_uid = $1 group by series_id having count(*) > 4
  ), placed as (
    select metric_row.series_id, sequence, last, number,
      row_number() over (
        partition by metric_row.series_id, (sequence - first) * stretches / (last - first + 1) order by sequence
      ) as place,
      row_number() over (partition by metric_row.series_id order by number nulls last, sequence) as from_lowest,
      row_number() over (partition by metric_row.series_id order by number desc nulls last, sequence) as from_highest
    from metric_row join span using (series_id)
  )
  delete from metric_row using placed
  where metric_row.series_id = placed.series_id and metric_row.sequence = placed.sequence
    and place > 1 and placed.sequence < last
    and (placed.number is null or (from_lowest > 1 and from_highest > 1))`

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
    await client.query(LOCK, [trialUid])
    await client.query(THIN, [trialUid])
    await client.query(MARK, [trialUid])
    await client.query('commit')
  } catch (reason) {
    await client.query('rollback').catch(() => {})
    throw reason
  }
}
