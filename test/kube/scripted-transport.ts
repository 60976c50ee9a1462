/** A transport that answers as a test says, and remembers what it was asked. */
import type { KubeRequest, KubeResponse, Transport } from '#kube'

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown } | Stream | Error

/** An open watch: the test writes lines into it and ends it. */
export class Stream {
  readonly #chunks: (string | Uint8Array)[] = []
  #wake = Promise.withResolvers<void>()
  #over = false
  #failure: Error | undefined

  send(...events: readonly object[]): void {
    this.raw(events.map(event => `${JSON.stringify(event)}\n`).join(''))
  }
  raw(chunk: string | Uint8Array): void {
    this.#chunks.push(chunk)
    this.#wake.resolve()
  }
  end(): void {
    this.#over = true
    this.#wake.resolve()
  }
  /** Breaks after what was written. */
  fail(failure: Error): void {
    this.#failure = failure
    this.end()
  }
  async *chunks(): AsyncIterable<string | Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) yield chunk
      else if (this.#failure) throw this.#failure
      else if (this.#over) return
      else {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
      }
    }
  }
}

export class ScriptedTransport implements Transport {
  readonly asked: KubeRequest[] = []
  readonly #script: Answer[] = []

  /** The answers to the next requests, in order; a request without one waits for ever, as a hung server would. */
  answers(...answers: readonly Answer[]): this {
    this.#script.push(...answers)
    return this
  }

  async send(request: KubeRequest): Promise<KubeResponse> {
    this.asked.push(request)
    const answer = this.#script.shift()
    if (answer === undefined)
      return new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason)))
    if (answer instanceof Error) throw answer
    if (answer instanceof Stream)
      return { status: 200, headers: {}, text: async () => '', chunks: () => answer.chunks() }
    const { status = 200, headers = {}, body = {} } = answer
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return {
      status,
      headers,
      text: async () => text,
      async *chunks() {
        yield text
      },
    }
  }

  /** Query of the n-th request. */
  query(n: number): URLSearchParams {
    return new URL(this.asked[n].path, 'http://x').searchParams
  }
}
