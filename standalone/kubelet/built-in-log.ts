/**
 * The log of a built-in image: written in the order of the calls, a turn's texts at once. When each came is noted beside it,
 * and above the cap it is cut in place, as `starter/log-keeper.mjs` does it for programs.
 */
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import type { Clock } from '#kube'

const TAIL_CHARACTERS = 65_536
const CAP_BYTES = 64 * 1024 * 1024
/** Texts closer than this share a note. */
const CLOSE_MS = 20

interface Note {
  readonly end: number
  readonly atMs: number
}

export class BuiltInLog {
  readonly #path: string
  readonly #clock: Clock
  #pending = ''
  #tail = ''
  #size = 0
  /** Of what was written last: it is written with what comes next, since until then the file's own time says it. */
  #note: Note | undefined
  #notedEnd = 0
  #writing: Promise<void>

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
    this.#writing = this.#begin()
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

  /** A second life of the server prints the same again: what was noted of it holds. */
  async #begin(): Promise<void> {
    await writeFile(this.#path, '')
    const notes = await readFile(`${this.#path}.times`, 'latin1').catch(() => '')
    this.#notedEnd = Number(notes.trimEnd().split('\n').at(-1)?.split(' ')[0])
  }

  #flush(): void {
    const text = this.#pending
    this.#pending = ''
    if (text === '') return
    const atMs = this.#clock.now().getTime()
    this.#writing = this.#writing.then(() => this.#append(text, atMs))
  }

  async #append(text: string, atMs: number): Promise<void> {
    const isApart = this.#note && atMs - this.#note.atMs >= CLOSE_MS
    if (this.#note && isApart && this.#note.end > this.#notedEnd) {
      await appendFile(`${this.#path}.times`, `${this.#note.end} ${this.#note.atMs}000000\n`)
      this.#notedEnd = this.#note.end
    }
    if (this.#size > CAP_BYTES) await this.#cut()
    await appendFile(this.#path, text)
    this.#size += Buffer.byteLength(text)
    this.#note = { end: this.#size, atMs: this.#note && !isApart ? this.#note.atMs : atMs }
  }

  async #cut(): Promise<void> {
    await writeFile(`${this.#path}.times`, '')
    await truncate(this.#path)
    const sentence = `(the log was longer than 64 MiB: the ${this.#size} bytes before this line are gone)\n`
    await appendFile(this.#path, sentence)
    this.#size = sentence.length
    this.#notedEnd = 0
  }
}
