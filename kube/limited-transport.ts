/** A token bucket before the API, so that a process full of work does not crowd out the others. */
import { delay } from './clock.ts'
import { type Rate, TokenBucket } from './token-bucket.ts'
import type { Transport } from './transport.ts'

/**
 * Requests wait their turn in the order they came. A request that aborts while it waits gives its turn back. A watch counts
 * once, when it begins.
 */
export function limitedTransport(transport: Transport, rate: Rate): Transport {
  const turns = new TokenBucket(rate)
  return {
    async send(request) {
      const waitMs = turns.take()
      if (waitMs > 0) {
        try {
          await delay(rate.clock, waitMs, request.signal)
        } catch (reason) {
          turns.giveBack()
          throw reason
        }
      }
      return transport.send(request)
    },
  }
}
