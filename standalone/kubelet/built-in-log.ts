/** The log of a built-in image: written in the order of the calls, a turn's texts at once. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

const TAIL_CHARACTERS = 65_536

export class BuiltInLog {
  readonly #path: string
  #pending = ''
  #tail = ''
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
    // A second life of the server prints the same again.
    this.#writing = mkdir(dirname(path), { recursive: true }).then(() => writeFile(path, ''))
  }

  get tail(): string {
    return this.#tail
  }

  write(text: string): void {
    if (this.#pending === '') setImmediate(() => this.#flush())
    this.#pending += text
    this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS)
  }

  async close(): Promise<void> {
    this.#flush()
    await this.#writing
  }

  #flush(): void {
    const text = this.#pending
    this.#pending = ''
    if (text !== '') this.#writing = this.#writing.then(() => appendFile(this.#path, text))
  }
}
