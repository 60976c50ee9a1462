/** A token bucket before the API, so that a process full of work does not crowd out the others. */
import { type Clock, delay } from './clock.ts'
import type { Transport } from './transport.ts'

export interface RequestLimit {
  readonly clock: Clock
  /** Requests per second in the long run. */
  readonly perSecond: number
  /** Requests that may be sent at once after a pause; at least 1. */
  readonly burst: number
}

/**
 * Requests wait their turn in the order they came: in any span of t seconds at most burst + perSecond · t are sent. A request
 * that aborts while it waits gives its turn back. A watch counts once, when it begins.
 */
export function limitedTransport(transport: Transport, { clock, perSecond, burst }: RequestLimit): Transport {
  if (!(perSecond > 0 && burst >= 1))
    throw new Error(`expected perSecond > 0 and burst >= 1, got ${perSecond}, ${burst}`)
  // Below zero: turns that are promised but not yet due.
  let tokens = burst
  let filledMs = clock.monotonicMs()
  return {
    async send(request) {
      const nowMs = clock.monotonicMs()
      tokens = Math.min(burst, tokens + ((nowMs - filledMs) / 1_000) * perSecond) - 1
      filledMs = nowMs
      if (tokens < 0) {
        try {
          await delay(clock, (-tokens / perSecond) * 1_000, request.signal)
        } catch (reason) {
          tokens += 1
          throw reason
        }
      }
      return transport.send(request)
    },
  }
}
