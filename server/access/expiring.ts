/** Answers that are good for a while, each asked for once at a time. */
import type { Clock } from '#kube'

interface Kept<T> {
  readonly answer: Promise<T>
  untilMs: number
}

export class Expiring<T> {
  readonly #clock: Clock
  readonly #lifetimeMs: (answer: T) => number
  readonly #kept = new Map<string, Kept<T>>()

  /** `lifetimeMs`: how long an answer is good. One that failed is asked for again. */
  constructor(clock: Clock, lifetimeMs: (answer: T) => number) {
    this.#clock = clock
    this.#lifetimeMs = lifetimeMs
  }

  of(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key)
    if (known && this.#clock.monotonicMs() < known.untilMs) return known.answer
    const kept: Kept<T> = { answer: ask(), untilMs: Number.POSITIVE_INFINITY }
    // The newest last, so that the oldest are the first to go.
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '')
    kept.answer.then(
      answer => {
        kept.untilMs = this.#clock.monotonicMs() + this.#lifetimeMs(answer)
      },
      () => {
        kept.untilMs = 0
      },
    )
    return kept.answer
  }
}

const MAX_KEPT = 10_000
