/** Postgres as it is found: in deep directories, damaged, of another version, beside a database of others. */
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { openStores, startPostgres } from '#store'
import { knownMigrations, migrate } from '../../store/postgres/migrate.ts'
import { isAlive } from '../../store/postgres/postmaster.ts'
import { aDatabase } from '../support/postgres.ts'
import { temporaryDirectory } from '../support/qalam.ts'

test('a data directory deeper than a socket path may be serves, stops, and serves again', async () => {
  using directory = temporaryDirectory()
  const deep = join(directory.path, 'd'.repeat(60), 'e'.repeat(60), 'data')
  const ref = { group: 'core', kind: 'Pod', namespace: 'default', name: 'a' }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }
  let pid = 0
  {
    await using postgres = await startPostgres(deep)
    await using stores = await openStores({ postgres })
    await stores.resources.put(ref, pod, 'absent')
    pid = postgres.pid
  }
  expect(isAlive(pid)).toBe(false)
  await using postgres = await startPostgres(deep)
  expect(postgres.adopted).toBe(false)
  await using stores = await openStores({ postgres })
  expect(await stores.resources.get(ref)).toMatchObject(pod)
  expect(await stores.resources.revision()).toBe('2')
})

test('what is no database of this version is refused in one sentence that names it and says what to do', async () => {
  using directory = temporaryDirectory()
  const cluster = join(directory.path, 'postgres')
  await (await startPostgres(directory.path))[Symbol.asyncDispose]()

  writeFileSync(join(cluster, 'PG_VERSION'), '99\n')
  await expect(startPostgres(directory.path)).rejects.toThrow(
    /postgres: its data is of Postgres 99, newer than the \d+ of/,
  )
  writeFileSync(join(cluster, 'PG_VERSION'), '9\n')
  await expect(startPostgres(directory.path)).rejects.toThrow(
    /its data is of Postgres 9 and this version has \d+; export/,
  )
  writeFileSync(join(cluster, 'PG_VERSION'), '\0\0')
  await expect(startPostgres(directory.path)).rejects.toThrow(
    /the database is damaged \(no readable PG_VERSION\); restore/,
  )
  writeFileSync(join(cluster, 'PG_VERSION'), '18\n')

  const control = join(cluster, 'global/pg_control')
  const whole = readFileSync(control)
  truncateSync(control, 10)
  await expect(startPostgres(directory.path)).rejects.toThrow(
    /Postgres does not start \(.*pg_control.*\); the data may be damaged: restore a backup/,
  )
  writeFileSync(control, whole)
  rmSync(join(cluster, 'pg_wal'), { recursive: true })
  await expect(startPostgres(directory.path)).rejects.toThrow(
    /Postgres does not start \(.*pg_wal.*\); the data may be damaged: restore a backup/,
  )
})

test('a directory that cannot be written is refused in one sentence', async () => {
  using directory = temporaryDirectory()
  const file = join(directory.path, 'file')
  writeFileSync(file, '')
  await expect(startPostgres(join(file, 'data'))).rejects.toThrow(
    `${join(file, 'data')}: expected a directory for the database that can be written, got ENOTDIR; name another`,
  )
})

test('a crash while the database is made leaves nothing that is taken for one', async () => {
  using directory = temporaryDirectory()
  mkdirSync(join(directory.path, 'postgres.new/global'), { recursive: true })
  writeFileSync(join(directory.path, 'postgres.new/PG_VERSION'), '18\n')
  await using postgres = await startPostgres(directory.path)
  await using stores = await openStores({ postgres })
  expect(await stores.resources.revision()).toBe('1')
})

test('a power cut before the new database was on the disk costs nothing: it is made again', async () => {
  using directory = temporaryDirectory()
  await (await startPostgres(directory.path))[Symbol.asyncDispose]()
  expect(existsSync(join(directory.path, 'postgres.unsynced'))).toBe(false)
  writeFileSync(join(directory.path, 'postgres.unsynced'), '')
  truncateSync(join(directory.path, 'postgres/global/pg_control'), 0)
  await using postgres = await startPostgres(directory.path)
  await using stores = await openStores({ postgres })
  expect(await stores.resources.revision()).toBe('1')
})

test('tables of a newer version, or of another build, are refused; those of ours are brought up to date once', async () => {
  await using database = await aDatabase()
  const known = knownMigrations()
  await Promise.all([migrate(database.config), migrate(database.config)])
  const next = { number: known.length + 1, text: 'create table later (id integer)', checksum: 'later' }
  await migrate(database.config, [...known, next])
  await expect(migrate(database.config)).rejects.toThrow(
    `written by a newer Qalam (its tables are at ${next.number}, this version knows ${known.length})`,
  )
  await expect(migrate(database.config, [...known, { ...next, checksum: 'edited' }])).rejects.toThrow(
    `migration ${next.number} differs`,
  )
})

test('a migration that fails leaves the tables as they were', async () => {
  await using database = await aDatabase()
  const known = knownMigrations()
  const broken = { number: known.length + 1, text: 'create table half (id integer); select 1 / 0', checksum: 'broken' }
  await expect(migrate(database.config, [...known, broken])).rejects.toThrow('division by zero')
  await migrate(database.config)
  await migrate(database.config, [...known, { ...broken, text: 'create table half (id integer)' }])
})

test('a thread appends over a store of its own and the main thread is told', async () => {
  await using database = await aDatabase()
  await using stores = await openStores({ postgres: { connection: database.config } })
  const ended = new AbortController()
  const changes = stores.observations.changes(ended.signal)[Symbol.asyncIterator]()
  const worker = new Worker(join(import.meta.dirname, 'store-thread.ts'), { workerData: database.config })
  const exited = once(worker, 'exit')
  expect((await changes.next()).value).toEqual({ trialUid: 'trial-1', final: true })
  expect((await stores.observations.summary('trial-1'))?.metrics.loss.count).toBe(2)
  ended.abort()
  expect((await changes.next()).done).toBe(true)
  expect(await exited).toEqual([0])
})

test('sessions that end under load cost no acknowledged write and no change', async () => {
  await using database = await aDatabase()
  await using stores = await openStores({ postgres: { connection: database.config } })
  const ended = new AbortController()
  const changes = stores.observations.changes(ended.signal)
  const ref = (name: string) => ({ group: 'core', kind: 'Pod', namespace: 'default', name })
  for (let round = 0; round < 5; round++) {
    const puts = Array.from({ length: 40 }, (_, i) => {
      const name = `p-${round}-${i}`
      return stores.resources.put(ref(name), { apiVersion: 'v1', kind: 'Pod', metadata: { name } }, 'absent')
    })
    const appends = Array.from({ length: 40 }, (_, i) =>
      stores.observations.append({
        trialUid: `trial-${round}-${i}`,
        attempt: 0,
        stream: 's',
        rows: [{ metricName: 'loss', value: '1', sequence: 1 }],
      }),
    )
    await Promise.all([database.disconnectAll(), ...puts, ...appends])
  }
  expect(await stores.resources.revision()).toBe('201')
  expect((await stores.resources.list({ group: 'core', kind: 'Pod' })).items.length).toBe(200)
  const uids = Array.from({ length: 200 }, (_, i) => `trial-${Math.floor(i / 40)}-${i % 40}`)
  const summaries = await stores.observations.summaries(uids)
  expect([...summaries.values()].map(summary => summary.metrics.loss.count)).toEqual(uids.map(() => 1))
  const heard = new Set<string>()
  for await (const { trialUid } of changes) {
    heard.add(trialUid)
    if (heard.size === 200) break
  }
})

test.runIf(process.getuid?.() === 0)(
  'root keeps data where the account of Postgres can reach it, and says so',
  async () => {
    const told: string[] = []
    let home = ''
    {
      using directory = temporaryDirectory()
      chmodSync(directory.path, 0o700)
      const dataDir = join(directory.path, 'data')
      await (await startPostgres(dataDir, sentence => told.push(sentence)))[Symbol.asyncDispose]()
      expect(told.join()).toMatch(
        /Postgres runs as account 65534 under root and cannot enter .*data, so the database is kept in \//,
      )
      home = readFileSync(join(dataDir, 'postgres-directory'), 'utf8').trim()
      const { uid, mode } = statSync(join(home, 'postgres'))
      expect([uid, mode & 0o777]).toEqual([65_534, 0o700])
      await using again = await startPostgres(dataDir)
      expect(again.notes.join()).toContain(home)
    }
    // The temporary directory is gone: the next that needs a home removes what it left.
    using directory = temporaryDirectory()
    chmodSync(directory.path, 0o700)
    await (await startPostgres(join(directory.path, 'data')))[Symbol.asyncDispose]()
    expect(existsSync(home)).toBe(false)
  },
)
