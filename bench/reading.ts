/**
 * What reading one trial costs among ten million rows, and a trial that passes its cap of a million:
 *
 *   node bench/reading.ts [--quick]      prints a table to stderr and JSON to stdout
 *
 * Rows are made inside the database, since making them is not what is measured; --quick makes a tenth.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'pg'
import { quantile } from 'simple-statistics'
import { type ObservationStore, openStores, startPostgres } from '#store'

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const scale = options.quick ? 10 : 1
const [TRIALS, ROWS, LONG] = [9_000 / scale, 1_000, 1_000_000 / scale]

/** Trials `trial-1` to `trial-n`, and the long one, `long`. */
const FILL = `
  with made as (
    insert into metric_series (trial_uid, attempt, stream, metric_name, min_value, max_value, min_number, max_number,
      latest, latest_sequence, reported, kept)
    select uid, 0, 'pod/main', 'loss', '0', '1', 0, 1, '1', count * 40, count, count
    from (select 'trial-' || i as uid, $2::bigint as count from generate_series(1, $1) i union all select 'long', $3) trials
    returning id, trial_uid, kept
  ), attempts as (
    insert into observation_attempt (trial_uid, attempt, final) select trial_uid, 0, false from made
  )
  insert into metric_row (series_id, sequence, value, number)
  select id, i * 40, number::text, number
  from made, generate_series(1, kept) i, lateral (select (i * 7919 % 1009) / 1008.0::float8 as number) drawn`

const figures: { name: string; value: number; unit: string; goal?: string }[] = []
const say = (name: string, value: number, unit: string, goal?: string) =>
  figures.push({ name, value: Number(value.toPrecision(3)), unit, ...(goal !== undefined && { goal }) })

const directory = mkdtempSync(join(tmpdir(), 'qalam-bench-'))
try {
  await using postgres = await startPostgres(directory)
  await using stores = await openStores({ postgres })
  const pool = new Pool(postgres.connection)
  await pool.query(FILL, [TRIALS, ROWS, LONG])
  await pool.query('vacuum analyze metric_row')
  await pool.end()
  await read(stores.observations)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
for (const { name, value, unit, goal = '' } of figures)
  console.error(`${name.padEnd(62)} ${String(value).padStart(8)} ${unit.padEnd(4)} ${goal}`)
console.log(JSON.stringify({ bench: 'reading', node: process.version, rows: TRIALS * ROWS + LONG, figures }, null, 2))

async function read(store: ObservationStore): Promise<void> {
  const some = Array.from({ length: 200 }, (_, i) => `trial-${1 + ((i * 7919) % TRIALS)}`)
  const curves = await times(some, uid => store.curve(uid, 'loss', 500))
  say('curve of one trial of 1,000 rows, p50', quantile(curves, 0.5), 'ms', '<= 20')
  say('curve of one trial of 1,000 rows, p95', quantile(curves, 0.95), 'ms')
  const summaries = await times(some, uid => store.summary(uid))
  say('summary of one trial, p50', quantile(summaries, 0.5), 'ms')
  const long = await times(['long', 'long', 'long', 'long', 'long'], uid => store.curve(uid, 'loss', 500))
  say(`curve of one trial of ${LONG.toLocaleString('en')} rows, p50`, quantile(long, 0.5), 'ms')
  if (options.quick) return
  const report = { trialUid: 'long', attempt: 0, stream: 'pod/main' }
  const sequence = (LONG + 1) * 40
  let slowest = 0
  for (let batch = 0; batch < 21; batch++) {
    const rows = Array.from({ length: 5_000 }, (_, i) => ({
      metricName: 'loss',
      value: '0.5',
      sequence: sequence + batch * 5_000 + i,
    }))
    const began = performance.now()
    await store.append({ ...report, rows })
    slowest = Math.max(slowest, performance.now() - began)
  }
  say('report with which a trial of a million rows is halved', slowest, 'ms')
}

async function times<T>(subjects: readonly T[], ask: (subject: T) => Promise<unknown>): Promise<readonly number[]> {
  const found: number[] = []
  for (const subject of subjects) {
    const began = performance.now()
    await ask(subject)
    found.push(performance.now() - began)
  }
  return found
}
