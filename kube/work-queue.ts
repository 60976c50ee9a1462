/** Keys that want work, each at most once at a time. */

/**
 * States of a key: idle; waiting (queued once, however often added); running (one worker); running and dirty (added while
 * running: queued again when it ends). A failed run comes back after a jittered, exponentially growing delay
 * (5 ms doubling to 60 s where the server refuses, to 4 s where it is away; an `ApiError.retryAfterMs` wins); a run that
 * succeeds forgets the delay.
 */
export interface WorkQueue extends AsyncDisposable {
  add(key: string): void
  addAfter(key: string, delayMs: number): void
  /** Waiting and running keys. */
  readonly depth: number
  /** Resolves when nothing waits (delayed keys do not count) or runs. */
  idle(): Promise<void>
}
