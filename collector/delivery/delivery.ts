/**
 * Carries rows to a sink in batches: as soon as 500 are there; else soon after the first, but not so soon after the batch before
 * it. So the value of an epoch is there at once, and what is printed without pause goes five times a second. One batch is under
 * way at a time.
 */
import type { CollectedMetric, Sink } from '../collector.ts'
import type { CollectorClock } from '../following/file-watch.ts'

const BATCH_ROWS = 500
const BATCH_MS = 200
/** Within it a program that prints its last line ends, and both go as one. */
const FIRST_MS = 25
/** A sink that refuses is asked again after a second, doubling to half a minute, for as long as it takes. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

export interface DeliveryOptions {
  readonly sink: Sink
  readonly clock: CollectorClock
  readonly trialUid: string
  readonly attempt: number
  readonly stream: string
  /** Told of each refusal; the rows are kept and sent again. */
  onRefusal(cause: unknown): void
}

/** The source on disk is the spool: while a batch waits for its sink, `add` waits and nothing more is read. */
export class Delivery {
  #options: DeliveryOptions
  #pending: CollectedMetric[] = []
  #timer: Disposable | undefined
  #flushedMs = Number.NEGATIVE_INFINITY
  /** The batches under way; never rejects. */
  #underWay: Promise<void> = Promise.resolve()

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  async add(rows: readonly CollectedMetric[]): Promise<void> {
    for (const row of rows) {
      this.#pending.push(row)
      if (this.#pending.length >= BATCH_ROWS) await this.#flush()
    }
    if (this.#pending.length > 0) this.#timer ??= this.#options.clock.after(this.#waitMs(), () => void this.#flush())
  }

  /** Sends what waits. Resolves once it is durable. */
  flush(): Promise<void> {
    return this.#flush()
  }

  /** Sends what is left with the final mark. Resolves once it is durable. */
  finish(diagnosis: string | undefined): Promise<void> {
    return this.#flush({ final: true, ...(diagnosis !== undefined && { diagnosis }) })
  }

  #waitMs(): number {
    const sinceMs = this.#options.clock.now().getTime() - this.#flushedMs
    // A clock that was set back makes no one wait longer than a batch.
    return Math.min(BATCH_MS, Math.max(FIRST_MS, BATCH_MS - sinceMs))
  }

  #flush(end: { final?: true; diagnosis?: string } = {}): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    const rows = this.#pending
    this.#pending = []
    if (rows.length === 0 && !end.final) return this.#underWay
    this.#flushedMs = this.#options.clock.now().getTime()
    this.#underWay = this.#underWay.then(() => this.#send({ rows, ...end }))
    return this.#underWay
  }

  async #send(batch: { rows: readonly CollectedMetric[]; final?: true; diagnosis?: string }): Promise<void> {
    const { sink, clock, trialUid, attempt, stream, onRefusal } = this.#options
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        return await sink.report({ trialUid, attempt, stream, ...batch })
      } catch (cause) {
        onRefusal(cause)
      }
      await new Promise<void>(resolve => clock.after(delayMs, resolve))
    }
  }
}
