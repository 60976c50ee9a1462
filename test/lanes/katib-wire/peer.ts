/** Katib's Python stubs, driven from here. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Question {
  readonly address: string
  readonly service: string
  readonly method: string
  readonly request?: object
  readonly metadata?: Readonly<Record<string, string>>
}

export class KatibPeer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(python: string) {
    this.#child = spawn(python, [join(import.meta.dirname, 'peer.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
    // Both pipes were asked for above.
    this.#answers = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  /** The reply's fields as Katib names them, or the status as `CODE: sentence`. One question at a time. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a reply
  async ask({ request = {}, metadata = {}, ...question }: Question): Promise<any> {
    this.#child.stdin?.write(`${JSON.stringify({ ...question, request, metadata })}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the peer has ended')
    const { reply, status } = JSON.parse(value)
    return status ?? reply
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#child.once('close', () => resolve())
    this.#child.stdin?.end()
    await promise
  }
}
