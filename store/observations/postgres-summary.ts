/** Reads summaries: a few rows a trial, never its observations. */
import type { Pool } from 'pg'
import type { ObservationSummary } from '../store.ts'
import { type Attempt, type SeriesSummary, summarise } from './series.ts'

const SUMMARIES = `
  with newest as (
    select distinct on (trial_uid) trial_uid, attempt, final, diagnosis from observation_attempt
    where trial_uid = any($1::text[]) order by trial_uid, attempt desc
  )
  select newest.*, metric_name, min_value, max_value, latest, latest_sequence, reported, thinned_through
  from newest left join metric_series series on series.trial_uid = newest.trial_uid and series.attempt = newest.attempt
  order by series.id`

interface Row {
  trial_uid: string
  attempt: number
  final: boolean
  diagnosis: string | null
  metric_name: string | null
  min_value: string | null
  max_value: string | null
  latest: string | null
  latest_sequence: string
  reported: string
  thinned_through: string | null
}

export async function readSummaries(
  pool: Pool,
  trialUids: readonly string[],
): Promise<ReadonlyMap<string, ObservationSummary>> {
  const { rows } = await pool.query<Row>({ name: 'summaries', text: SUMMARIES, values: [trialUids] })
  const trials = new Map<string, { attempt: Attempt; series: SeriesSummary[] }>()
  for (const row of rows) {
    let trial = trials.get(row.trial_uid)
    if (trial === undefined) {
      trial = { attempt: attemptOf(row), series: [] }
      trials.set(row.trial_uid, trial)
    }
    if (row.metric_name !== null) trial.series.push(seriesOf(row, row.metric_name))
  }
  return new Map([...trials].map(([uid, { attempt, series }]) => [uid, summarise(attempt, series)]))
}

function attemptOf({ attempt, final, diagnosis }: Row): Attempt {
  return { attempt, final, ...(diagnosis !== null && { diagnosis }) }
}

function seriesOf(row: Row, metricName: string): SeriesSummary {
  return {
    metricName,
    ...(row.min_value !== null && { min: row.min_value }),
    ...(row.max_value !== null && { max: row.max_value }),
    latest: row.latest ?? '',
    latestSequence: Number(row.latest_sequence),
    count: Number(row.reported),
    thinned: row.thinned_through !== null,
  }
}
