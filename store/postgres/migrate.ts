/** Brings the tables to this version: numbered SQL files, only ever appended, each applied once and never edited. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { type DatabaseConfig, newClient } from './connection.ts'

/** Held while migrating, so that two processes that start together do it once. */
const MIGRATION_LOCK = 7_152_601
const folder = join(import.meta.dirname, '../sql')

export interface Migration {
  readonly number: number
  readonly text: string
  readonly checksum: string
}

/** What this version knows, in order. */
export function knownMigrations(): readonly Migration[] {
  return readdirSync(folder)
    .filter(name => /^\d{6}\.sql$/.test(name))
    .sort()
    .map(name => {
      const text = readFileSync(join(folder, name), 'utf8')
      return { number: Number.parseInt(name, 10), text, checksum: createHash('sha256').update(text).digest('hex') }
    })
}

/** Applies what is missing, each file in a transaction. Throws one sentence when the tables are newer, or not as we made them. */
export async function migrate(config: DatabaseConfig, known = knownMigrations()): Promise<void> {
  const client = newClient(config, 'migration')
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(`
      create table if not exists qalam_migration (
        number integer primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`)
    const { rows } = await client.query<{ number: number; checksum: string }>(
      'select number, checksum from qalam_migration order by number',
    )
    refuseForeign(rows, known)
    for (const migration of known.slice(rows.length)) await apply(client, migration)
  } finally {
    // Ends the session, and with it the lock.
    await client.end()
  }
}

function refuseForeign(applied: readonly { number: number; checksum: string }[], known: readonly Migration[]): void {
  const newest = applied[applied.length - 1]?.number ?? 0
  const ours = known[known.length - 1]?.number ?? 0
  if (newest > ours) {
    throw new Error(
      `the database was written by a newer Qalam (its tables are at ${newest}, this version knows ${ours}); use that version or another database`,
    )
  }
  const edited = applied.find((row, i) => row.number !== known[i].number || row.checksum !== known[i].checksum)
  if (edited) {
    throw new Error(
      `the database's tables were made by another build of Qalam (migration ${edited.number} differs); use that build or another database`,
    )
  }
}

async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query('begin')
  await client.query(migration.text)
  await client.query('insert into qalam_migration (number, checksum) values ($1, $2)', [
    migration.number,
    migration.checksum,
  ])
  await client.query('commit')
}
