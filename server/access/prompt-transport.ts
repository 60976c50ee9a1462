/** Requests that somebody waits for: whoever asks at our door hears within seconds that nobody knows now, and may come again. */
import { ApiError } from '#api'
import type { Clock, Transport } from '#kube'

/** A request without an answer after `withinMs`, its wait for a turn included, is given up: an `ApiError` Timeout. */
export function promptTransport(
  transport: Transport,
  { clock, withinMs }: { readonly clock: Clock; readonly withinMs: number },
): Transport {
  return {
    async send(request) {
      const late = new AbortController()
      using _timer = clock.after(withinMs, () =>
        late.abort(new ApiError(504, 'Timeout', `the API server did not answer within ${withinMs / 1_000} s`)),
      )
      const signal = request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal
      return await transport.send({ ...request, signal })
    },
  }
}
