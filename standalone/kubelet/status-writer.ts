/** Few writes for a pod: what changes soon after is written once, the end at once. */
import { isDeepStrictEqual } from 'node:util'
import { ApiError, refOf } from '#api'
import { type Clock, delay, type WritingClient } from '#kube'
import type { Pod, PodStatus } from './pod-types.ts'

export interface StatusWriterOptions {
  readonly client: WritingClient
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The server's answer. */
  onWritten(pod: Pod): void
  log(line: string): void
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000

export class StatusWriter {
  readonly #pod: Pod
  readonly #options: StatusWriterOptions
  #written: PodStatus | undefined
  #wanted: (() => PodStatus) | undefined
  #timer: Disposable | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #busy: Promise<void> = Promise.resolve()

  constructor(pod: Pod, options: StatusWriterOptions) {
    this.#pod = pod
    this.#options = options
    this.#written = pod.status
  }

  get written(): PodStatus | undefined {
    return this.#written
  }

  /** Writes what `status` says then, at the latest in `delayMs`. */
  soon(status: () => PodStatus, delayMs: number): void {
    const { clock } = this.#options
    this.#wanted = status
    const dueMs = clock.monotonicMs() + delayMs
    if (dueMs >= this.#dueMs) return
    this.#timer?.[Symbol.dispose]()
    this.#dueMs = dueMs
    this.#timer = clock.after(delayMs, () => void this.#write())
  }

  /** Resolves when it is written, or when the pod is gone. */
  now(status: PodStatus): Promise<void> {
    this.#wanted = () => status
    return this.#write()
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]()
    this.#wanted = undefined
  }

  #write(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#busy = this.#busy.then(() => this.#writeWanted())
    return this.#busy
  }

  async #writeWanted(): Promise<void> {
    const { client, clock, signal, log, onWritten } = this.#options
    for (
      let retryMs = FIRST_RETRY_MS;
      this.#wanted && !signal.aborted;
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    ) {
      const status = this.#wanted()
      if (isDeepStrictEqual(status, this.#written)) return
      try {
        const patch = { metadata: { uid: this.#pod.metadata.uid }, status }
        const pod = await client.patch<Pod>(refOf(this.#pod), patch, 'status', signal)
        this.#written = status
        onWritten(pod)
        return
      } catch (error) {
        // The pod is gone, or another has its name.
        if (error instanceof ApiError && (error.code === 404 || error.code === 409 || error.code === 422)) return
        if (signal.aborted) return
        log(`status of pod ${this.#pod.metadata.name}: ${(error as Error).message}; again in ${retryMs} ms`)
        await delay(clock, retryMs, signal).catch(() => {})
      }
    }
  }
}
