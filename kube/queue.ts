/** The work queue over an injected clock; its states are written at the contract, `work-queue.ts`. */
import { ApiError } from '#api'
import type { Clock } from './clock.ts'
import type { WorkQueue } from './work-queue.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  /** Keys worked on at the same time. */
  readonly concurrency: number
  /** Rejecting means: again, later. */
  work(key: string, signal: AbortSignal): Promise<void>
  /** Hears of every failure before the key waits. */
  onError(key: string, error: unknown, retryInMs: number): void
  /** In [0, 1); default Math.random: only waits are jittered with it. */
  random?(): number
}

const FIRST_DELAY_MS = 5
/** A refusal is not likely to change; a server that was away is back at some moment, and nobody tells us of it. */
const LAST_DELAY_MS = { refused: 60_000, away: 4_000 }

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new Queue(options)
}

class Queue implements WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #closing = new AbortController()
  /** In order of arrival. */
  readonly #waiting = new Set<string>()
  readonly #running = new Map<string, Promise<void>>()
  /** Running keys that were added again. */
  readonly #dirty = new Set<string>()
  readonly #delayed = new Map<string, { dueMs: number; timer: Disposable }>()
  readonly #failures = new Map<string, number>()
  /** Until when a key may not run, because the server asked for it. */
  readonly #barredUntilMs = new Map<string, number>()
  #idlers: (() => void)[] = []

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  get depth(): number {
    return this.#waiting.size + this.#running.size
  }

  add(key: string): void {
    if (this.#closing.signal.aborted) return
    if (this.#running.has(key)) {
      this.#dirty.add(key)
      return
    }
    const barredMs = (this.#barredUntilMs.get(key) ?? 0) - this.#options.clock.monotonicMs()
    if (barredMs > 0) {
      this.addAfter(key, barredMs)
      return
    }
    this.#barredUntilMs.delete(key)
    this.#waiting.add(key)
    queueMicrotask(() => this.#start())
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#closing.signal.aborted) return
    const dueMs = this.#options.clock.monotonicMs() + delayMs
    const earlier = this.#delayed.get(key)
    if (earlier && earlier.dueMs <= dueMs) return
    earlier?.timer[Symbol.dispose]()
    const timer = this.#options.clock.after(delayMs, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { dueMs, timer })
  }

  idle(): Promise<void> {
    if (this.depth === 0) return Promise.resolve()
    return new Promise(resolve => this.#idlers.push(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the work queue is closed'))
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]()
    this.#delayed.clear()
    this.#waiting.clear()
    await Promise.all(this.#running.values())
    this.#settle()
  }

  #start(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return
      this.#waiting.delete(key)
      this.#running.set(key, this.#run(key))
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.work(key, this.#closing.signal)
      this.#failures.delete(key)
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#retry(key, error)
    }
    this.#running.delete(key)
    if (this.#dirty.delete(key)) this.add(key)
    this.#start()
    this.#settle()
  }

  #retry(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const { random = Math.random } = this.#options
    const last = isRefusal(error) ? LAST_DELAY_MS.refused : LAST_DELAY_MS.away
    const grown = Math.min(last, FIRST_DELAY_MS * 2 ** failures) * (0.5 + random() / 2)
    const askedMs = error instanceof ApiError ? error.retryAfterMs : undefined
    if (askedMs !== undefined) this.#barredUntilMs.set(key, this.#options.clock.monotonicMs() + askedMs)
    this.addAfter(key, askedMs ?? grown)
    this.#options.onError(key, error, askedMs ?? grown)
  }

  #settle(): void {
    if (this.depth > 0) return
    for (const resolve of this.#idlers.splice(0)) resolve()
  }
}

/** Of what was asked; these are of us: a token that is renewed by somebody, a cache that is behind, a busy server. */
const ofUs = [401, 409, 429]

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.code < 500 && !ofUs.includes(error.code)
}
