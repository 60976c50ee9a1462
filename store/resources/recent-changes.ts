/** The newest changes in memory, and those who wait for the next one. */
import type { WatchEvent } from '../store.ts'
import { eventOf, type Step } from './change.ts'

/** More than a watcher that keeps up ever needs; one that does not reads the log. */
const MAX_CHANGES = 1_000
const MAX_TEXT_BYTES = 16 * 1024 * 1024
/** A watcher of a quiet kind is woken after so many revisions of others, so that its bookmark does not fall behind. */
const BOOKMARK_REVISIONS = 1_000

interface Waiter {
  readonly kind: string
  readonly position: number
  wake(): void
}

export class RecentChanges {
  #recent: Step[] = []
  #textBytes = 0
  #head: number
  readonly #waiters = new Set<Waiter>()

  constructor(head: number) {
    this.#head = head
  }

  get head(): number {
    return this.#head
  }

  /** Changes after this revision are here. */
  get from(): number {
    return this.#head - this.#recent.length
  }

  /** Adds committed changes, the next revisions in order, and wakes whom they concern. */
  push(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#recent.push(step)
      this.#textBytes += step.change.text.length
      this.#head = step.change.revision
    }
    this.#trim()
    const kinds = new Set(steps.map(({ change }) => change.kind))
    for (const waiter of this.#waiters) {
      if (kinds.has(waiter.kind) || this.#head - waiter.position >= BOOKMARK_REVISIONS) waiter.wake()
    }
  }

  /** Events of a kind after `position`, which is not before `from`. */
  *events(kind: string, position: number): Iterable<WatchEvent> {
    for (const step of this.#recent.slice(position - this.from)) if (step.change.kind === kind) yield eventOf(step)
  }

  /** Resolves when there may be something for a watcher of `kind` at `position`, or when the signal aborts. */
  async next(kind: string, position: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    const waiter = { kind, position, wake }
    this.#waiters.add(waiter)
    signal.addEventListener('abort', wake, { once: true })
    if (signal.aborted) wake()
    await promise
    signal.removeEventListener('abort', wake)
    this.#waiters.delete(waiter)
  }

  isFarBehind(position: number): boolean {
    return this.#head - position >= BOOKMARK_REVISIONS
  }

  #trim(): void {
    if (this.#recent.length <= MAX_CHANGES && this.#textBytes <= MAX_TEXT_BYTES) return
    // A quarter at a time, so that trimming costs little a change.
    const dropped = this.#recent.splice(0, Math.ceil(this.#recent.length / 4))
    for (const { change } of dropped) this.#textBytes -= change.text.length
  }
}
