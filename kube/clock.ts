/** Time as an argument: what every room that waits is handed. */

export interface Clock {
  now(): Date
  /** Milliseconds that never go back, for measuring waits. */
  monotonicMs(): number
  /** Calls `run` once after `delayMs`; disposing the timer cancels it. */
  after(delayMs: number, run: () => void): Disposable
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    let leftMs = delayMs
    let timer: NodeJS.Timeout
    const wait = () => {
      const nextMs = Math.min(leftMs, LONGEST_TIMER_MS)
      leftMs -= nextMs
      timer = setTimeout(leftMs > 0 ? wait : run, nextMs)
    }
    wait()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

/** A timer of Node that is set for longer runs at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer[Symbol.dispose]()
      reject(signal?.reason)
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Rejects with the signal's reason when it aborts. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
