/** Katib's gRPC services of this machine, opened by whoever needs them first: the plaintext port or a trial that reports. */
import { EARLY_STOPPED_ANNOTATION, refOf, rfc3339 } from '#api'
import type { Clock, Informers, WritingClient } from '#kube'
import { type KatibWire, openKatibWire } from '#server'
import type { ObservationStore } from '#store'

export interface KatibGrpcOptions {
  /** Notes on Trials what their collectors say. */
  readonly client: WritingClient
  readonly clock: Clock
  readonly informers: Informers
  readonly observations: ObservationStore
  /** The server's own. */
  readonly token: string
  log(line: string): void
}

export class KatibGrpc implements AsyncDisposable {
  readonly #options: KatibGrpcOptions
  #wire: Promise<KatibWire> | undefined

  constructor(options: KatibGrpcOptions) {
    this.#options = options
  }

  /** The same one for everybody. */
  wire(): Promise<KatibWire> {
    const { client, clock, ...options } = this.#options
    this.#wire ??= openKatibWire({
      ...options,
      async recordEarlyStop(trial) {
        const annotations = { [EARLY_STOPPED_ANNOTATION]: rfc3339(clock.now()) }
        await client.patch(refOf(trial), { metadata: { annotations } })
      },
    })
    return this.#wire
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wire = await this.#wire?.catch(() => undefined)
    await wire?.[Symbol.asyncDispose]()
  }
}
