/** Virtual time: nothing passes until a test says so, and everything that is due runs in one order every time. */
import type { Clock } from '#kube'

export interface FakeClock extends Clock {
  /**
   * Lets `ms` pass: timers run at their own instants, equal instants in the order they were set, and every promise
   * that a timer settles has run to its end before the next timer runs.
   */
  advance(ms: number): Promise<void>
  /** Advances from timer to timer until none is left; throws after `maxTimers`, since a periodic timer never ends. */
  runAll(maxTimers?: number): Promise<void>
  /** Advances from timer to timer until `reached` holds; throws when no timer is left or `maxMs` have passed. */
  runUntil(reached: () => boolean, maxMs?: number): Promise<void>
  /** Runs the next timer alone, at its instant; false when there is none. */
  runNext(): Promise<boolean>
  /** A process that was stopped and goes on: time passes, and no timer runs before the next `advance`. */
  leap(ms: number): void
  /** The wall clock is set forward or back; monotonic time and timers do not notice. */
  setWallBy(ms: number): void
  /** Lets every promise that can settle now settle. */
  flush(): Promise<void>
  /** Timers that are set. */
  readonly pending: number
}

interface Timer {
  readonly due: number
  readonly run: () => void
}

export function createFakeClock(start: Date | string | number = '2026-01-01T00:00:00Z'): FakeClock {
  let wall = new Date(start).getTime()
  let elapsed = 0
  /** By instant, then by the order in which they were set. */
  const timers: Timer[] = []

  function position(due: number): number {
    let low = 0
    let high = timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (timers[middle]!.due <= due) low = middle + 1
      else high = middle
    }
    return low
  }

  function moveTo(instant: number): void {
    if (instant <= elapsed) return
    wall += instant - elapsed
    elapsed = instant
  }

  async function runNext(): Promise<boolean> {
    await flush()
    const timer = timers.shift()
    if (timer === undefined) return false
    moveTo(timer.due)
    timer.run()
    await flush()
    return true
  }

  return {
    now: () => new Date(wall),
    monotonicMs: () => elapsed,
    after(delayMs, run) {
      const timer: Timer = { due: elapsed + Math.max(0, delayMs), run }
      timers.splice(position(timer.due), 0, timer)
      return {
        [Symbol.dispose]() {
          const index = timers.indexOf(timer)
          if (index >= 0) timers.splice(index, 1)
        },
      }
    },
    async advance(ms) {
      await flush()
      const end = elapsed + ms
      while (timers.length > 0 && timers[0]!.due <= end) await runNext()
      moveTo(end)
    },
    async runAll(maxTimers = 10_000) {
      for (let count = 0; await runNext(); count++) {
        if (count >= maxTimers) throw new Error(`more than ${maxTimers} timers ran and ${timers.length} are still set`)
      }
    },
    async runUntil(reached, maxMs = 3_600_000) {
      const end = elapsed + maxMs
      await flush()
      while (!reached()) {
        const next = timers[0]
        if (next === undefined) throw new Error(`no timer is set and the condition does not hold: ${reached}`)
        if (next.due > end) throw new Error(`${maxMs} ms passed and the condition does not hold: ${reached}`)
        await runNext()
      }
    },
    runNext,
    leap: ms => moveTo(elapsed + ms),
    setWallBy(ms) {
      wall += ms
    },
    flush,
    get pending() {
      return timers.length
    },
  }
}

/** A macrotask runs only when no microtask is left, however many each of them starts. */
function flush(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
