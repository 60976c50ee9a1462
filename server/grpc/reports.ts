/** Takes reports of Katib's wire into the store, one after the other for each trial: the next must see what this one stores. */
import type { ObservationStore, RowFilter, StoredRow } from '#store'
import type { MetricLogMessage } from './messages.ts'
import { reportedRows } from './reported-rows.ts'
import { Turns } from './turns.ts'

export class Reports {
  readonly #observations: ObservationStore
  readonly #turns = new Turns()
  /** The highest sequence stored of a trial's attempt; nothing is stored of later times, so they need no look. */
  readonly #highest = new Map<string, number>()

  constructor(observations: ObservationStore) {
    this.#observations = observations
  }

  /** Resolves after the commit. Without an attempt the newest that is known: the wire does not say which pod speaks. */
  take(trialUid: string, attempt: number | undefined, logs: readonly MetricLogMessage[]): Promise<void> {
    return this.#turns.take(trialUid, () => this.#take(trialUid, attempt, logs))
  }

  async #take(trialUid: string, said: number | undefined, logs: readonly MetricLogMessage[]): Promise<void> {
    const attempt = said ?? (await this.#observations.summary(trialUid))?.attempt ?? 0
    const key = `${trialUid}/${attempt}`
    const { rows, missing } = await reportedRows(logs, filter => this.#known(key, trialUid, { ...filter, attempt }))
    const diagnosis = `the metrics collector of the pod did not find ${missing.join(', ')}`
    const end = missing.length > 0 ? { final: true, diagnosis } : {}
    const { acknowledged } = await this.#observations.append({ trialUid, attempt, stream: STREAM, rows, ...end })
    this.#highest.delete(key)
    this.#highest.set(key, acknowledged)
    // The one that was silent for longest; it costs a look when it speaks again.
    if (this.#highest.size > MAX_REMEMBERED) this.#highest.delete(this.#highest.keys().next().value ?? '')
  }

  async *#known(
    key: string,
    trialUid: string,
    filter: RowFilter & Required<Pick<RowFilter, 'sequences'>>,
  ): AsyncIterable<StoredRow> {
    if (filter.sequences.from > (this.#highest.get(key) ?? Number.POSITIVE_INFINITY)) return
    for await (const row of this.#observations.rows(trialUid, filter)) if (row.stream === STREAM) yield row
  }
}

/** Its sequences are times: they never meet those of another stream. */
const STREAM = 'katib'
const MAX_REMEMBERED = 10_000
