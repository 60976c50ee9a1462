/** Time that moves when a test says so. */
import type { CollectorClock } from '#collector'

export class ManualClock implements CollectorClock {
  #nowMs = 0
  #timers: { atMs: number; run: () => void }[] = []

  now(): Date {
    return new Date(this.#nowMs)
  }

  after(delayMs: number, run: () => void): Disposable {
    const timer = { atMs: this.#nowMs + delayMs, run }
    this.#timers.push(timer)
    const cancel = () => {
      this.#timers = this.#timers.filter(each => each !== timer)
    }
    return { [Symbol.dispose]: cancel }
  }

  get waiting(): number {
    return this.#timers.length
  }

  /** Runs what is due, in order, and lets each run's consequences happen. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const due = this.#timers.toSorted((a, b) => a.atMs - b.atMs).find(timer => timer.atMs <= untilMs)
      if (due === undefined) break
      this.#nowMs = due.atMs
      this.#timers = this.#timers.filter(each => each !== due)
      due.run()
      await settle()
    }
    this.#nowMs = untilMs
  }
}

/** Lets promises that are ready run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
  await new Promise(resolve => setImmediate(resolve))
}
