/** The ids of series, made when first asked for and remembered: an append names series by id. */
import type { PoolClient } from 'pg'
import type { Report } from '../store.ts'

type Missing = Map<string, { readonly report: Report; readonly metricName: string }>

/** Some 150 bytes each; then all are forgotten, and found again when asked for. */
const MAX_REMEMBERED = 50_000

const MAKE = `
  insert into metric_series (trial_uid, attempt, stream, metric_name)
  select * from unnest($1::text[], $2::integer[], $3::text[], $4::text[]) order by 1, 2, 3, 4
  on conflict do nothing`
const FIND = `
  select series.id from unnest($1::text[], $2::integer[], $3::text[], $4::text[]) with ordinality
    as wanted (trial_uid, attempt, stream, metric_name, place)
  join metric_series series using (trial_uid, attempt, stream, metric_name)
  order by place`

export function seriesKey(report: Pick<Report, 'trialUid' | 'attempt' | 'stream'>, metricName: string): string {
  return `${report.trialUid}\0${report.attempt}\0${report.stream}\0${metricName}`
}

export class SeriesIds {
  #ids = new Map<string, string>()

  /** Ids of every series of the reports, by `seriesKey`. */
  async of(client: PoolClient, reports: readonly Report[]): Promise<ReadonlyMap<string, string>> {
    if (this.#ids.size > MAX_REMEMBERED) this.#ids = new Map()
    // Held by this group, whoever begins a new one meanwhile.
    const ids = this.#ids
    const missing: Missing = new Map()
    for (const report of reports) {
      for (const { metricName } of report.rows) {
        const key = seriesKey(report, metricName)
        if (!ids.has(key)) missing.set(key, { report, metricName })
      }
    }
    if (missing.size > 0) await make(client, missing, ids)
    return ids
  }

  forget(reports: readonly Report[]): void {
    for (const report of reports) for (const row of report.rows) this.#ids.delete(seriesKey(report, row.metricName))
  }
}

async function make(client: PoolClient, missing: Missing, ids: Map<string, string>): Promise<void> {
  const wanted = [...missing.values()]
  const columns = [
    wanted.map(({ report }) => report.trialUid),
    wanted.map(({ report }) => report.attempt),
    wanted.map(({ report }) => report.stream),
    wanted.map(({ metricName }) => metricName),
  ]
  await client.query(MAKE, columns)
  const { rows } = await client.query<{ id: string }>(FIND, columns)
  let i = 0
  for (const key of missing.keys()) ids.set(key, rows[i++].id)
}
