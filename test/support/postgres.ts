/**
 * One Postgres for all test files that run at a time, and a database of its own for each who asks, cloned from a migrated template.
 *
 * The first to ask starts the server, the last to leave stops it; a lock file orders them. Its data stays between runs.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type DatabaseConfig, type Postgres, startPostgres } from '#store'
import { knownMigrations, migrate } from '../../store/postgres/migrate.ts'
import { isAlive } from '../../store/postgres/postmaster.ts'

const home = join(tmpdir(), `qalam-test-${process.getuid?.()}`)
const EMPTY = `
  delete from resource_change; update resource_compaction set compacted = 0;
  delete from metric_row; delete from metric_series; delete from observation_attempt; delete from trial_log_tail`
const lockFile = `${home}.lock`

export interface TestDatabase extends AsyncDisposable {
  readonly config: DatabaseConfig
  /** Ends every session of others in it, as a crash of the server would. */
  disconnectAll(): Promise<void>
  /** Makes it as new; nothing may be open on it. */
  empty(): Promise<void>
}

/** One database for all tests of the calling file; call it once, at the top. Its answer empties the database and hands it out. */
export function usePostgres(): () => Promise<TestDatabase> {
  let own: TestDatabase | undefined
  beforeAll(async () => {
    own = await aDatabase()
  })
  afterAll(() => own?.[Symbol.asyncDispose]())
  return async () => {
    if (own === undefined) throw new Error('the database is made before the first test')
    await own.empty()
    return own
  }
}

let shared: Promise<{ postgres: Postgres; admin: Client; template: string }> | undefined
let users = 0
let made = 0

/** A fresh database with the tables of this version. Dispose it after the stores that use it. */
export async function aDatabase(): Promise<TestDatabase> {
  users++
  shared ??= withLock(begin)
  const { postgres, admin, template } = await shared
  const name = `test_${process.pid}_${process.hrtime.bigint().toString(36)}_${made++}`
  await withLock(() => admin.query(`create database ${name} template ${template}`))
  const config = { ...postgres.connection, database: name }
  return {
    config,
    async empty() {
      const client = new Client({ ...config })
      await client.connect()
      await client.query(EMPTY)
      await client.end()
    },
    async disconnectAll() {
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
    },
    async [Symbol.asyncDispose]() {
      await admin.query(`drop database ${name} with (force)`)
      users--
      if (users > 0) return
      shared = undefined
      await withLock(async () => {
        await admin.end()
        await postgres[Symbol.asyncDispose]()
      })
    },
  }
}

async function begin() {
  const postgres = await startPostgres(home).catch(() => {
    // Nothing in it is of value, and a crash of the machine may have damaged it: see below.
    rmSync(home, { recursive: true, force: true })
    return startPostgres(home)
  })
  const admin = new Client({ ...postgres.connection })
  await admin.connect()
  const template = `template_${knownMigrations().at(-1)?.checksum.slice(0, 12)}`
  if (!postgres.adopted) await dropLeftovers(admin)
  await admin.query('alter system set fsync = off')
  await admin.query('select pg_reload_conf()')
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [template])
  if (rowCount === 0) {
    await admin.query(`create database ${template}`)
    await migrate({ ...postgres.connection, database: template })
  }
  return { postgres, admin, template }
}

/** Databases of runs that were killed, and templates of older tables. */
async function dropLeftovers(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>(
    `select datname from pg_database where datname ~ '^(test|template)_' and not datistemplate`,
  )
  for (const { datname } of rows) await admin.query(`drop database ${datname} with (force)`)
}

async function withLock<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const file = openSync(lockFile, 'wx')
      writeFileSync(file, String(process.pid))
      closeSync(file)
      break
    } catch {
      const holder = Number(readHolder())
      if (holder > 0 && !isAlive(holder)) rmSync(lockFile, { force: true })
      await released()
    }
  }
  try {
    return await action()
  } finally {
    rmSync(lockFile, { force: true })
  }
}

/** Resolves when the lock file changes or goes; a holder that dies tells nobody, so it is looked at now and then. */
function released(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const watcher = watch(dirname(lockFile), (_event, name) => {
    if (name === basename(lockFile)) resolve()
  })
  const look = setTimeout(resolve, HOLDER_LOOK_MS)
  if (!existsSync(lockFile)) resolve()
  return promise.finally(() => {
    watcher.close()
    clearTimeout(look)
  })
}
const HOLDER_LOOK_MS = 1_000

function readHolder(): string {
  try {
    return readFileSync(lockFile, 'utf8')
  } catch {
    return ''
  }
}
