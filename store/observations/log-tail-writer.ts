/** The ends of trials' logs on their way into Postgres. Many trials end at a time: those that do share a commit. */
import type { Pool } from 'pg'
import { CommitQueue } from '../commit-queue.ts'
import { withoutNul } from './append-group.ts'

/** Of at most 64 KiB each. */
const MAX_GROUP = 100

const PUT = `
  insert into trial_log_tail (trial_uid, tail) select * from unnest($1::text[], $2::text[])
  on conflict (trial_uid) do update set tail = excluded.tail`

interface Pending {
  readonly trialUid: string
  readonly text: string
  resolve(): void
  reject(reason: unknown): void
}

export class LogTailWriter {
  readonly #pool: Pool
  readonly #queue = new CommitQueue<Pending>(
    group => this.#commit(group),
    // A statement sets each trial's once; a later one goes with the next.
    (group, next) => group.length < MAX_GROUP && group.every(({ trialUid }) => trialUid !== next.trialUid),
  )

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Resolves after the commit. Of one trial's the last one put is kept. */
  put(trialUid: string, text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#queue.push({ trialUid, text: withoutNul(text), resolve, reject })
    return promise
  }

  async idle(): Promise<void> {
    await this.#queue.idle()
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    const values = [group.map(({ trialUid }) => trialUid), group.map(({ text }) => text)]
    try {
      await this.#pool.query({ name: 'log-tails', text: PUT, values })
      for (const { resolve } of group) resolve()
    } catch (reason) {
      for (const { reject } of group) reject(reason)
    }
  }
}
