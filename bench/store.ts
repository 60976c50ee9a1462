/**
 * How fast the durable stores are on this machine: rows observed a second, objects written a second, one write alone, and
 * what a thousand objects weigh. The peers are plain inserts of a row each, and the disk itself.
 *
 *   node bench/store.ts [--quick]      prints a table to stderr and JSON to stdout
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { quantile } from 'simple-statistics'
import type { Resource } from '#api'
import { type ObservationStore, openStores, type Postgres, type ResourceStore, startPostgres } from '#store'

const quick = process.argv.includes('--quick')
const size = (full: number) => (quick ? Math.ceil(full / 10) : full)

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly goal?: string
}

const figures: Figure[] = []
const say = (name: string, value: number, unit: string, goal?: string) =>
  figures.push({ name, value: Number(value.toPrecision(4)), unit, ...(goal !== undefined && { goal }) })

const directory = mkdtempSync(join(tmpdir(), 'qalam-bench-'))
try {
  const started = performance.now()
  await using postgres = await startPostgres(directory)
  await using stores = await openStores({ postgres })
  say('first start, with a new database', performance.now() - started, 'ms', '< 3000')
  await appends(stores.observations)
  await plainInserts(postgres, 1)
  await plainInserts(postgres, 8)
  // Next to what it bounds: a shared disk is another one a minute later.
  const syncs = syncsASecond(directory)
  say('fdatasync of 8 KiB, alone', syncs, '/s')
  await puts(stores.resources, syncs)
  await memory(stores.resources)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
for (const { name, value, unit, goal = '' } of figures) {
  console.error(`${name.padEnd(58)} ${String(value).padStart(10)} ${unit.padEnd(8)} ${goal}`)
}
console.log(JSON.stringify({ bench: 'store', node: process.version, figures }, null, 2))

/** As collectors do: reports of 500 rows, each trial's next after its last was acknowledged. */
async function appends(store: ObservationStore): Promise<void> {
  const [trialCount, reportCount, rowCount] = [20, size(40), 500]
  const started = performance.now()
  await Promise.all(
    Array.from({ length: trialCount }, async (_, trial) => {
      for (let report = 0; report < reportCount; report++) {
        const rows = Array.from({ length: rowCount }, (_, i) => ({
          metricName: i % 2 === 0 ? 'loss' : 'accuracy',
          value: (Math.sin(report * rowCount + i) ** 2).toFixed(6),
          sequence: (report * rowCount + i) * 40,
          time: '2026-01-02T03:04:05.123456789Z',
        }))
        await store.append({ trialUid: uid(trial), attempt: 0, stream: 'pod/main', rows })
      }
    }),
  )
  const seconds = (performance.now() - started) / 1_000
  say('observations appended, 20 trials', (trialCount * reportCount * rowCount) / seconds, 'rows/s', '>= 50000')
  const alone: number[] = []
  for (let i = 0; i < size(200); i++) {
    const before = performance.now()
    const rows = [{ metricName: 'loss', value: '0.5', sequence: i }]
    await store.append({ trialUid: 'alone', attempt: 0, stream: 's', rows, final: true })
    alone.push(performance.now() - before)
  }
  say('one report of one row, alone, p50', quantile(alone, 0.5), 'ms')
}

/** The peer: a statement and a commit for each row. */
async function plainInserts(postgres: Postgres, connectionCount: number): Promise<void> {
  const pool = new Pool({ ...postgres.connection, max: connectionCount })
  await pool.query(`create table if not exists observation_logs
    (trial_name text, id bigserial primary key, time timestamptz, metric_name text, value text)`)
  const insert = 'insert into observation_logs (trial_name, time, metric_name, value) values ($1, $2, $3, $4)'
  const rowCount = size(2_000) * connectionCount
  const started = performance.now()
  await Promise.all(
    Array.from({ length: connectionCount }, async (_, trial) => {
      for (let i = 0; i < rowCount / connectionCount; i++) {
        await pool.query(insert, [uid(trial), '2026-01-02T03:04:05Z', 'loss', '0.5'])
      }
    }),
  )
  say(
    `peer: plain insert per row, ${connectionCount} connection(s)`,
    rowCount / ((performance.now() - started) / 1_000),
    'rows/s',
  )
  await pool.end()
}

async function puts(store: ResourceStore, syncs: number): Promise<void> {
  const alone: number[] = []
  for (let i = 0; i < size(300); i++) {
    const before = performance.now()
    await store.put(ref(`alone-${i}`), trial(`alone-${i}`), 'absent')
    alone.push(performance.now() - before)
  }
  say('one put of 4 KB, alone, p50', quantile(alone, 0.5), 'ms', `disk: ${(1_000 / syncs).toFixed(2)}`)
  say('one put of 4 KB, alone, p99', quantile(alone, 0.99), 'ms')
  const clientCount = 64
  const perClient = size(300)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: clientCount }, async (_, client) => {
      const name = `client-${client}`
      let stored = await store.put(ref(name), trial(name), 'absent')
      for (let i = 1; i < perClient; i++) {
        stored = await store.put(ref(name), stored, stored.metadata.resourceVersion as string)
      }
    }),
  )
  const rate = (clientCount * perClient) / ((performance.now() - started) / 1_000)
  say('puts of 4 KB from 64 clients, durable', rate, '/s', `>= 5000; fsync bound 64 x ${Math.round(syncs)}`)
}

/** What 1,000 more objects of 4 KB add to the process, after a collection where the flag allows one. */
async function memory(store: ResourceStore): Promise<void> {
  const names = Array.from({ length: 1_000 }, (_, i) => `weight-${i}`)
  globalThis.gc?.()
  const before = process.memoryUsage()
  await Promise.all(names.map(name => store.put(ref(name), trial(name), 'absent')))
  globalThis.gc?.()
  const after = process.memoryUsage()
  say(
    '1,000 objects of 4 KB, heap',
    (after.heapUsed - before.heapUsed) / 2 ** 20,
    'MiB',
    globalThis.gc ? '' : 'node --expose-gc',
  )
  say('process, resident', after.rss / 2 ** 20, 'MiB')
}

/** What the disk allows one writer that waits for each write. */
function syncsASecond(folder: string): number {
  const path = join(folder, 'sync')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(8_192, 1)
  writeSync(file, Buffer.alloc(8_192 * 256))
  fdatasyncSync(file)
  const started = performance.now()
  for (let i = 0; i < 200; i++) {
    writeSync(file, block, 0, block.length, i * block.length)
    fdatasyncSync(file)
  }
  const seconds = (performance.now() - started) / 1_000
  closeSync(file)
  rmSync(path)
  return 200 / seconds
}

function ref(name: string) {
  return { group: 'kubeflow.org', kind: 'Trial', namespace: 'default', name }
}

function trial(name: string): Resource {
  const parameters = Array.from({ length: 60 }, (_, i) => ({ name: `parameter-${i}`, value: String(i / 7) }))
  return {
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Trial',
    metadata: { name, namespace: 'default' },
    spec: { parameterAssignments: parameters },
  }
}

function uid(i: number): string {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
}
