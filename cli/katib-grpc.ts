/** Katib's gRPC services of this machine, opened by whoever needs them first: the plaintext port or a trial that reports. */
import type { Informers } from '#kube'
import { type KatibWire, openKatibWire } from '#server'
import type { ObservationStore } from '#store'

export interface KatibGrpcOptions {
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
    this.#wire ??= openKatibWire(this.#options)
    return this.#wire
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const wire = await this.#wire?.catch(() => undefined)
    await wire?.[Symbol.asyncDispose]()
  }
}
