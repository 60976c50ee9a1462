/** Observations in Postgres. Appends that arrive while one commits share the next commit; reads have connections of their own. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { CommitQueue } from '../commit-queue.ts'
import { type DatabaseConfig, isConnectionLoss, type Log, newPool } from '../postgres/connection.ts'
import type { LearningCurve, ObservationStore, ObservationSummary, Report, RowFilter, StoredRow } from '../store.ts'
import { appendGroup } from './append-group.ts'
import { missedFirst, type ObservationChange } from './change-feed.ts'
import { ChangeListener, readMissed } from './change-listener.ts'
import { LogTailWriter } from './log-tail-writer.ts'
import { readCurve } from './postgres-curve.ts'
import { readRows } from './postgres-rows.ts'
import { readSummaries } from './postgres-summary.ts'
import { dueTrials, readTrialUids } from './postgres-sweep.ts'
import { thinTrial } from './postgres-thinning.ts'
import { SeriesIds } from './series-ids.ts'
import { MAX_ROWS } from './thinning.ts'

/** Commits on their way at a time: one leaves half of two cores idle (55,000 rows/s against 90,000). */
const LANE_COUNT = 2
const MAX_GROUP_ROWS = 5_000
/** A report beyond this many waiting ones is refused: its sender keeps it and asks again. */
const MAX_QUEUED = 2_000
const RETRY_MS = 200
const MAX_RETRIES = 50

interface Pending {
  readonly report: Report
  resolve(answer: { acknowledged: number }): void
  reject(reason: unknown): void
}

export class PostgresObservationStore implements ObservationStore {
  readonly #log: Log
  readonly #writers: Pool
  readonly #readers: Pool
  readonly #listener: ChangeListener
  readonly #logTails: LogTailWriter
  readonly #maxRows: number
  readonly #ids = new SeriesIds()
  /** Rows appended by trial since its cap was looked at. */
  readonly #unchecked = new Map<string, number>()
  readonly #thinnings = new Map<string, Promise<void>>()
  /** A trial keeps to one lane, so lanes never wait for each other's rows. */
  readonly #lanes = Array.from(
    { length: LANE_COUNT },
    () => new CommitQueue<Pending>(group => this.#commit(group), fits),
  )
  #isClosed = false

  constructor(config: DatabaseConfig, options: { log: Log; maxRows?: number }) {
    this.#log = options.log
    this.#maxRows = options.maxRows ?? MAX_ROWS
    this.#writers = newPool(config, 'observation writer', LANE_COUNT)
    this.#readers = newPool(config, 'observation reader', 3)
    this.#listener = new ChangeListener(config)
    this.#logTails = new LogTailWriter(this.#readers)
  }

  append(report: Report): Promise<{ acknowledged: number }> {
    if (this.#isClosed) return Promise.reject(new Error('the observation store is closed'))
    const lane = this.#lanes[hash(report.trialUid) % LANE_COUNT]
    if (lane.length >= MAX_QUEUED) {
      return Promise.reject(new Error(`the database is behind: ${MAX_QUEUED} reports are waiting; send it again later`))
    }
    const { promise, resolve, reject } = Promise.withResolvers<{ acknowledged: number }>()
    lane.push({ report, resolve, reject })
    return promise
  }

  async summary(trialUid: string): Promise<ObservationSummary | undefined> {
    return (await this.summaries([trialUid])).get(trialUid)
  }

  summaries(trialUids: readonly string[]): Promise<ReadonlyMap<string, ObservationSummary>> {
    return readSummaries(this.#readers, trialUids)
  }

  curve(trialUid: string, metricName: string, maxPoints: number): Promise<LearningCurve> {
    return readCurve(this.#readers, trialUid, metricName, maxPoints)
  }

  rows(trialUid: string, filter: RowFilter = {}): AsyncIterable<StoredRow> {
    return readRows(this.#readers, trialUid, filter)
  }

  changes(signal: AbortSignal, missedMs?: number): AsyncIterable<ObservationChange> {
    const changes = this.#listener.follow(signal)
    return missedMs === undefined ? changes : missedFirst(() => readMissed(this.#readers, missedMs), changes)
  }

  putLogTail(trialUid: string, text: string): Promise<void> {
    return this.#logTails.put(trialUid, text)
  }

  async logTail(trialUid: string): Promise<string | undefined> {
    const get = 'select tail from trial_log_tail where trial_uid = $1'
    return (await this.#readers.query<{ tail: string }>(get, [trialUid])).rows[0]?.tail
  }

  async delete(trialUid: string): Promise<void> {
    const client = await this.#readers.connect()
    try {
      await client.query('begin')
      // The lock first: rows of an append that is on its way are then seen by the next statement.
      await client.query('select from metric_series where trial_uid = $1 order by id for update', [trialUid])
      await client.query(
        'delete from metric_row where series_id in (select id from metric_series where trial_uid = $1)',
        [trialUid],
      )
      for (const table of ['metric_series', 'observation_attempt', 'trial_log_tail', 'observation_gone']) {
        await client.query(`delete from ${table} where trial_uid = $1`, [trialUid])
      }
      await client.query('commit')
    } finally {
      client.release()
    }
  }

  trialUids({ after = '', limit }: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    return readTrialUids(this.#readers, after, limit)
  }

  async sweep(gone: readonly string[], forMs: number): Promise<number> {
    const due = await dueTrials(this.#readers, gone, forMs)
    for (const trialUid of due) await this.delete(trialUid)
    return due.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#lanes.map(lane => lane.idle()), this.#logTails.idle()])
    await Promise.all(this.#thinnings.values())
    await this.#listener.close()
    await Promise.all([this.#writers.end(), this.#readers.end()])
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    try {
      const acknowledged = await this.#appendDurably(group.map(pending => pending.report))
      for (const [i, { report, resolve }] of group.entries()) {
        const answer = { acknowledged: acknowledged[i] }
        const thinning = this.#keepCap(report)
        if (thinning) void thinning.then(() => resolve(answer))
        else resolve(answer)
      }
    } catch (reason) {
      if (group.length === 1) {
        group[0].reject(reason)
        return
      }
      // One bad report must not refuse its neighbours'.
      for (const pending of group) await this.#commit([pending])
    }
  }

  /** Sends the group again after a lost connection: what was committed already changes nothing. */
  async #appendDurably(reports: readonly Report[]): Promise<readonly number[]> {
    for (let retries = 0; ; retries++) {
      let client: PoolClient | undefined
      try {
        client = await this.#writers.connect()
        for (;;) {
          const acknowledged = await appendGroup(client, reports, await this.#ids.of(client, reports))
          if (acknowledged !== undefined) {
            client.release()
            return acknowledged
          }
          this.#ids.forget(reports)
        }
      } catch (reason) {
        client?.release(true)
        if (!mayPass(reason) || this.#isClosed || retries === MAX_RETRIES) throw reason
        if (retries === 0) this.#log('the database is away; observations wait for it')
        await sleep(RETRY_MS)
      }
    }
  }

  /**
   * Looks at a trial's cap each time a tenth of it was added; the promise is of its thinning, for which that trial alone
   * waits. It rests on rows that are durable, so one that does not come about is said and tried at the next look.
   */
  #keepCap({ trialUid, rows, final }: Report): Promise<void> | undefined {
    const added = (this.#unchecked.get(trialUid) ?? 0) + rows.length
    const isDue = added * 10 > this.#maxRows
    if (isDue || final) this.#unchecked.delete(trialUid)
    else this.#unchecked.set(trialUid, added)
    if (!isDue) return this.#thinnings.get(trialUid)
    const before = this.#thinnings.get(trialUid) ?? Promise.resolve()
    const thinning = before
      .then(() => thinTrial(this.#readers, trialUid, this.#maxRows))
      .catch((error: Error) => this.#log(`the rows of trial ${trialUid} could not be thinned: ${error.message}`))
      .finally(() => {
        if (this.#thinnings.get(trialUid) === thinning) this.#thinnings.delete(trialUid)
      })
    this.#thinnings.set(trialUid, thinning)
    return thinning
  }
}

/** A lost connection, a deadlock, a serialization failure: the same statement may succeed next time. */
function mayPass(reason: unknown): boolean {
  return isConnectionLoss(reason) || ['40P01', '40001'].includes((reason as { code?: string }).code ?? '')
}

function fits(group: readonly Pending[], next: Pending): boolean {
  return rowCount(group) + next.report.rows.length <= MAX_GROUP_ROWS
}

/** FNV-1a: spreads UIDs, which differ anywhere. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return state >>> 0
}

function rowCount(group: readonly Pending[]): number {
  return group.reduce((sum, pending) => sum + pending.report.rows.length, 0)
}
