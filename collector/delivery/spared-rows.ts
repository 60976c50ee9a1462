/**
 * A program that never stops to report costs its store no more than it keeps. The first million values of a metric are all handed
 * on; of the next million every second, of the next two every fourth, and so on: a billion come to some six millions, which the
 * store thins to its cap. A value that is lower or higher than all before it is always handed on, and in the end the last one.
 *
 * What is handed on depends on the values alone, so a second reading from the start hands on the same.
 */
import type { CollectedMetric, Rows } from '../collector.ts'

/** What a store keeps of a trial. */
const ALL_OF = 1_000_000

export interface SparingOptions {
  /** Default a million. */
  readonly allOf?: number
  /** Told once for a metric. */
  onSparing(metricName: string): void
}

export async function* sparedRows(rows: Rows, { allOf = ALL_OF, onSparing }: SparingOptions): Rows {
  const metrics = new Map<string, Spared>()
  for await (const batch of rows) {
    const kept = batch.filter(row => {
      const { metricName } = row
      const spared = metrics.get(metricName) ?? new Spared(allOf, () => onSparing(metricName))
      metrics.set(metricName, spared)
      return spared.keeps(row)
    })
    if (kept.length > 0) yield kept
  }
  const last = [...metrics.values()].flatMap(({ heldBack }) => heldBack ?? [])
  if (last.length > 0) yield last
}

/** One metric over all its values. */
class Spared {
  /** The last value, where it was not handed on. */
  heldBack: CollectedMetric | undefined
  #count = 0
  #lowest = Number.POSITIVE_INFINITY
  #highest = Number.NEGATIVE_INFINITY
  /** Every how many are handed on, and up to which count. */
  #every = 1
  #until: number
  #onSparing: () => void

  constructor(allOf: number, onSparing: () => void) {
    this.#until = allOf
    this.#onSparing = onSparing
  }

  keeps(row: CollectedMetric): boolean {
    if (this.#count === this.#until) this.#spare()
    this.#count++
    const number = Number(row.value)
    const isExtreme = number < this.#lowest || number > this.#highest
    if (isExtreme) {
      this.#lowest = Math.min(this.#lowest, number)
      this.#highest = Math.max(this.#highest, number)
    }
    const isKept = this.#count % this.#every === 0 || isExtreme
    this.heldBack = isKept ? undefined : row
    return isKept
  }

  #spare(): void {
    if (this.#every === 1) this.#onSparing()
    this.#every *= 2
    this.#until *= 2
  }
}
