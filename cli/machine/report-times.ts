/**
 * How long collectors of the ingest thread wait for an answer to a report, counted there and read here: both sides look at the
 * same memory, so that counting costs no message. One side alone writes.
 */

/** Upper bounds in seconds; the goal is 0.25 for all but one in a hundred. */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export class ReportTimes {
  readonly memory: SharedArrayBuffer
  /** Reports within each bound, those within a lower one included; then all of them, then the sum of their seconds. */
  readonly #counts: Float64Array

  constructor(memory = new SharedArrayBuffer((BOUNDS.length + 2) * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#counts = new Float64Array(memory)
  }

  /** Counts one answered report. */
  observe(seconds: number): void {
    for (const [i, bound] of BOUNDS.entries()) if (seconds <= bound) this.#counts[i]++
    this.#counts[BOUNDS.length]++
    this.#counts[BOUNDS.length + 1] += seconds
  }

  /** Cumulative, as in Prometheus' histograms. */
  read(): { bounds: readonly number[]; counts: readonly number[]; count: number; sum: number } {
    const [count, sum] = this.#counts.slice(BOUNDS.length)
    return { bounds: BOUNDS, counts: [...this.#counts.slice(0, BOUNDS.length)], count, sum }
  }
}
