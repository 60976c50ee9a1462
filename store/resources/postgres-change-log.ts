/**
 * The change log in Postgres. One session writes, and holds a lock that makes it the only one; another reads.
 *
 * A group is one statement, so one round trip and one commit. When the connection is lost in between, the outcome is read
 * from the log itself: the group is there as a whole, or it is sent again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Pool } from 'pg'
import { type DatabaseConfig, isConnectionLoss, type Log, newClient, newPool } from '../postgres/connection.ts'
import type { Change, ChangeLog, Page, Step } from './change.ts'
import { FIRST_REVISION } from './memory-change-log.ts'

/** Of the one process that writes objects. */
const WRITER_LOCK = 7_152_602
/** A killed process's session ends within moments; a living one stays. */
const LOCK_TRIES = 20
const RETRY_MS = 150
const LOAD_PAGE = 1_000

interface Row {
  revision: string
  change_type: Change['type']
  kind: string
  namespace: string
  name: string
  object: string
}

const APPEND = `
  insert into resource_change (revision, change_type, kind, namespace, name, object)
  select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], string_to_array($6, E'\\x1e'))`

const CURRENT = `
  select * from (
    select distinct on (kind, namespace, name) revision, change_type, kind, namespace, name, object
    from resource_change
    where (kind, namespace, name) > ($1, $2, $3)
    order by kind, namespace, name, revision desc
    limit $4
  ) newest`

/** Each change with the text it replaced, where that is kept. */
const READ = `
  select revision, change_type, kind, namespace, name, object, (
    select earlier.object from resource_change earlier
    where (earlier.kind, earlier.namespace, earlier.name) = (change.kind, change.namespace, change.name)
      and earlier.revision < change.revision
    order by earlier.revision desc
    limit 1
  ) as old_object
  from resource_change change
  where kind = $1 and revision > $2 and revision <= $3
  order by revision
  limit $4`

const READ_AT = `
  select *, count(*) over () as total from (
    select distinct on (namespace, name) revision, change_type, kind, namespace, name, object
    from resource_change
    where kind = $1 and revision <= $2 and ($3::text is null or namespace = $3) and (namespace, name) > ($4, $5)
    order by namespace, name, revision desc
  ) newest
  where change_type <> 'DELETED'
  order by namespace, name
  limit $6`

const COMPACT = `
  with mark as (update resource_compaction set compacted = $1)
  delete from resource_change change
  where revision < $1 and (change_type = 'DELETED' or exists (
    select from resource_change later
    where (later.kind, later.namespace, later.name) = (change.kind, change.namespace, change.name)
      and later.revision > change.revision and later.revision <= $1
  ))`

export class PostgresChangeLog implements ChangeLog {
  readonly #config: DatabaseConfig
  readonly #log: Log
  readonly #readers: Pool
  readonly #closed = new AbortController()
  #writer: Client | undefined

  constructor(config: DatabaseConfig, log: Log) {
    this.#config = config
    this.#log = log
    this.#readers = newPool(config, 'resource reader', 2)
  }

  /** Rejects in one sentence when another process writes these objects. */
  async load(keep: (object: Change) => void): Promise<{ head: number; compacted: number }> {
    const writer = await this.#connect()
    const { rows } = await writer.query<{ head: string | null; compacted: string }>(
      'select (select max(revision) from resource_change) as head, compacted from resource_compaction',
    )
    const compacted = Number(rows[0].compacted)
    const head = Math.max(FIRST_REVISION, Number(rows[0].head ?? 0), compacted)
    let after = ['', '', '']
    for (;;) {
      const page = await writer.query<Row>(CURRENT, [...after, LOAD_PAGE])
      for (const row of page.rows) if (row.change_type !== 'DELETED') keep(changeOf(row))
      const last = page.rows[page.rows.length - 1]
      if (page.rows.length < LOAD_PAGE) return { head, compacted }
      after = [last.kind, last.namespace, last.name]
    }
  }

  async append(changes: readonly Change[], onWaiting: (waitedMs: number) => void): Promise<void> {
    const parameters = columns(changes)
    const beganMs = performance.now()
    for (let isFirst = true; ; isFirst = false) {
      try {
        const writer = this.#writer ?? (await this.#connect())
        if (!isFirst && (await isWritten(writer, changes[changes.length - 1]))) break
        await writer.query({ name: 'append', text: APPEND, values: parameters })
        break
      } catch (reason) {
        if (!isConnectionLoss(reason) || this.#closed.signal.aborted) throw reason
        if (isFirst) this.#log('the database is away; writes wait for it')
        this.#writer?.end().catch(() => {})
        this.#writer = undefined
        await sleep(RETRY_MS)
        onWaiting(performance.now() - beganMs)
      }
    }
  }

  async read(kind: string, after: number, upTo: number, limit: number): Promise<readonly Step[]> {
    const { rows } = await this.#readers.query<Row & { old_object: string | null }>(READ, [kind, after, upTo, limit])
    return rows.map(row => ({
      change: changeOf(row),
      ...(row.change_type === 'MODIFIED' && row.old_object !== null && { old: { text: row.old_object } }),
    }))
  }

  async readAt(kind: string, revision: number, page: Page) {
    const { namespace = null, after = { namespace: '', name: '' }, limit } = page
    const { rows } = await this.#readers.query<Row & { total: string }>(READ_AT, [
      kind,
      revision,
      namespace,
      after.namespace,
      after.name,
      Number.isFinite(limit) ? limit : null,
    ])
    return { objects: rows.map(changeOf), remaining: rows.length === 0 ? 0 : Number(rows[0].total) - rows.length }
  }

  async compact(before: number): Promise<void> {
    await this.#readers.query(COMPACT, [before])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#writer?.end().catch(() => {})
    await this.#readers.end()
  }

  /** A session that holds the writer's lock and stands where we left the log. */
  async #connect(): Promise<Client> {
    const writer = newClient(this.#config, 'resource writer')
    try {
      await writer.connect()
      for (let tries = 1; !(await takesLock(writer)); tries++) {
        if (tries === LOCK_TRIES) {
          throw new Error('another Qalam process writes to this database; stop it first, or use another database')
        }
        await sleep(RETRY_MS)
      }
      writer.on('end', () => {
        if (this.#writer === writer) this.#writer = undefined
      })
      this.#writer = writer
      return writer
    } catch (reason) {
      await writer.end().catch(() => {})
      throw reason
    }
  }
}

async function takesLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [WRITER_LOCK])
  return rows[0].taken
}

/** Whether a commit whose answer was lost took place. Throws when another process wrote while the lock was not ours. */
async function isWritten(client: Client, change: Change): Promise<boolean> {
  const { rows } = await client.query<{ object: string }>('select object from resource_change where revision = $1', [
    change.revision,
  ])
  if (rows.length > 0 && rows[0].object !== change.text) {
    throw new Error('another Qalam process wrote to this database; restart this one')
  }
  return rows.length > 0
}

function columns(changes: readonly Change[]): unknown[] {
  return [
    changes.map(change => change.revision),
    changes.map(change => change.type),
    changes.map(change => change.kind),
    changes.map(change => change.namespace),
    changes.map(change => change.name),
    // Printed JSON holds no control character: nothing needs the escaping of an array, which costs as much as the insert.
    changes.map(change => change.text).join('\x1e'),
  ]
}

function changeOf(row: Row): Change {
  const { change_type: type, kind, namespace, name, object: text } = row
  return { revision: Number(row.revision), type, kind, namespace, name, text }
}
