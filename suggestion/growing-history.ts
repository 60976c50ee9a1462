/** A history that is asked for again and again while it grows: a new trial costs its place, not a sort of all. */
import type { FinishedTrial, History } from './history.ts'
import type { Space } from './space.ts'
import type { Tried } from './suggest.ts'
import { precedes, type TrialRecord } from './trial-facts.ts'

type Finished = Extract<TrialRecord, { is: 'finished' }>

export class GrowingHistory {
  readonly #records = new Map<number, TrialRecord>()
  /** In the order of a history. */
  readonly #finished: Finished[] = []
  readonly #trials: FinishedTrial[] = []
  readonly #pending = new Set<number>()
  /** How many trials have a point of this key. */
  readonly #keys = new Map<number, number>()
  readonly #space: Space

  constructor(space: Space) {
    this.#space = space
  }

  /** Undefined: the trial says nothing. */
  set(index: number, record: TrialRecord | undefined): void {
    const old = this.#records.get(index)
    if (old) this.#count(old, -1)
    if (old?.is === 'finished') this.#splice(old, false)
    this.#records.delete(index)
    this.#pending.delete(index)
    if (!record) return
    this.#records.set(index, record)
    this.#count(record, 1)
    if (record.is === 'finished') this.#splice(record, true)
    else this.#pending.add(index)
  }

  /** Valid until the next change. */
  history(): History {
    const pending = [...this.#pending]
      .sort((a, b) => a - b)
      .map(index => (this.#records.get(index) as TrialRecord).trial)
    return { finished: this.#trials, pending }
  }

  /** Valid until the next change. */
  get tried(): Tried {
    return this.#keys
  }

  #count({ trial }: TrialRecord, by: 1 | -1): void {
    const key = this.#space.keyOf(trial.point)
    const count = (this.#keys.get(key) ?? 0) + by
    if (count > 0) this.#keys.set(key, count)
    else this.#keys.delete(key)
  }

  #splice(record: Finished, isMember: boolean): void {
    let low = 0
    let high = this.#finished.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (precedes(this.#finished[middle], record)) low = middle + 1
      else high = middle
    }
    const [of, trials] = isMember ? [[record], [record.trial]] : [[], []]
    this.#finished.splice(low, isMember ? 0 : 1, ...of)
    this.#trials.splice(low, isMember ? 0 : 1, ...trials)
  }
}
