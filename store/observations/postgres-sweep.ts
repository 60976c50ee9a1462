/** Which trials have something here, and what is deleted of those that are gone. */
import type { Pool } from 'pg'

/** Both tables are walked by their keys, a page at a time. */
const UIDS = `
  (select distinct trial_uid from observation_attempt where trial_uid > $1 order by trial_uid limit $2)
  union
  (select trial_uid from trial_log_tail where trial_uid > $1 order by trial_uid limit $2)
  order by trial_uid
  limit $2`

const NOTE = 'insert into observation_gone (trial_uid) select unnest($1::text[]) on conflict do nothing'
const DUE = `
  select trial_uid from observation_gone
  where trial_uid = any($1) and noted_at <= now() - make_interval(secs => $2)`

export async function readTrialUids(pool: Pool, after: string, limit: number): Promise<readonly string[]> {
  const { rows } = await pool.query<{ trial_uid: string }>(UIDS, [after, limit])
  return rows.map(row => row.trial_uid)
}

export async function dueTrials(pool: Pool, gone: readonly string[], forMs: number): Promise<readonly string[]> {
  await pool.query(NOTE, [gone])
  const { rows } = await pool.query<{ trial_uid: string }>(DUE, [gone, forMs / 1_000])
  return rows.map(row => row.trial_uid)
}
