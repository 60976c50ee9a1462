/** A token bucket: in any span of t seconds at most burst + perSecond · t turns are due. */
import type { Clock } from './clock.ts'

export interface Rate {
  readonly clock: Clock
  /** Turns per second in the long run. */
  readonly perSecond: number
  /** Turns that may be taken at once after a pause; at least 1. */
  readonly burst: number
}

export class TokenBucket {
  readonly #rate: Rate
  /** Below zero: turns that are promised but not yet due. */
  #tokens: number
  #filledMs: number

  constructor(rate: Rate) {
    const { clock, perSecond, burst } = rate
    if (!(perSecond > 0 && burst >= 1))
      throw new Error(`expected perSecond > 0 and burst >= 1, got ${perSecond}, ${burst}`)
    this.#rate = rate
    this.#tokens = burst
    this.#filledMs = clock.monotonicMs()
  }

  /** Promises the next turn; returns the milliseconds until it is due. */
  take(): number {
    this.#fill()
    this.#tokens--
    return Math.max(0, (-this.#tokens / this.#rate.perSecond) * 1_000)
  }

  /** Takes a turn that is due now; false: there is none. */
  tryTake(): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** A promised turn is not used. */
  giveBack(): void {
    this.#tokens++
  }

  #fill(): void {
    const { clock, perSecond, burst } = this.#rate
    const nowMs = clock.monotonicMs()
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledMs) / 1_000) * perSecond)
    this.#filledMs = nowMs
  }
}
