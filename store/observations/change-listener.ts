/** Hears from Postgres which trials have news, over a session of its own, and asks what it missed after each connection. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Pool } from 'pg'
import { type DatabaseConfig, newClient } from '../postgres/connection.ts'
import { CHANNEL, changesOf } from './append-group.ts'
import { ChangeFeed, type ObservationChange } from './change-feed.ts'

const RETRY_MS = 200
/** Covers a transaction that was open when the session began to listen. */
const MARGIN_MS = 2_000

const MISSED = `
  select trial_uid, bool_or(final) as final from observation_attempt
  where changed_at >= now() - $1 * interval '1 millisecond' group by trial_uid`

/** What trials reported in the last `missedMs`, with a margin for transactions that were open then. */
export async function readMissed(database: Client | Pool, missedMs: number): Promise<readonly ObservationChange[]> {
  const { rows } = await database.query<{ trial_uid: string; final: boolean }>(MISSED, [missedMs + MARGIN_MS])
  return rows.map(row => ({ trialUid: row.trial_uid, final: row.final }))
}

export class ChangeListener {
  readonly #config: DatabaseConfig
  readonly #feed = new ChangeFeed()
  readonly #closed = new AbortController()
  #client: Client | undefined
  #isStarted = false

  constructor(config: DatabaseConfig) {
    this.#config = config
  }

  follow(signal: AbortSignal): AsyncIterable<ObservationChange> {
    const changes = this.#feed.follow(signal)
    if (!this.#isStarted) {
      this.#isStarted = true
      void this.#keepListening()
    }
    return changes
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#feed.close()
    await this.#client?.end().catch(() => {})
  }

  async #keepListening(): Promise<void> {
    let deafSince = performance.now()
    while (!this.#closed.signal.aborted) {
      const client = newClient(this.#config, 'observation listener')
      const ended = new Promise<void>(resolve => client.once('end', resolve))
      try {
        this.#client = client
        client.on('notification', ({ payload }) => this.#feed.tell(changesOf(payload ?? '[]')))
        await client.connect()
        await client.query(`listen ${CHANNEL}`)
        this.#feed.tell(await readMissed(client, performance.now() - deafSince))
        await ended
        deafSince = performance.now()
      } catch {
        // Postgres is away; what is missed meanwhile is asked for afterwards.
        await client.end().catch(() => {})
      }
      if (!this.#closed.signal.aborted) await sleep(RETRY_MS)
    }
  }
}
