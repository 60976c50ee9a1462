/** A Python with Katib's SDK, told what to do from here, cell by cell as in a notebook. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export class Sdk implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  #said = ''

  constructor(python: string, kubeconfig: string) {
    const env = { ...process.env, PYTHONWARNINGS: 'ignore' }
    this.#child = spawn(python, [join(import.meta.dirname, 'sdk.py'), kubeconfig], { stdio: 'pipe', env })
    this.#child.stderr?.on('data', text => {
      this.#said += text
    })
    // The pipe was asked for above.
    this.#answers = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  /** What the cell assigned to `answer`, or the error it raised as `TypeOfError: message`. One at a time. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  async run(cell: string): Promise<any> {
    this.#child.stdin?.write(`${JSON.stringify(cell)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`the SDK's process has ended; it said:\n${this.#said}`)
    const { answer, error } = JSON.parse(value)
    return error ?? answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#child.once('close', () => resolve())
    this.#child.stdin?.end()
    await promise
  }
}
