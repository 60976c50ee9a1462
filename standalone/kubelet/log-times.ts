/** When the lines of a log came, as noted beside it (`starter/log-keeper.mjs` says how). */
import { type FileHandle, open, stat } from 'node:fs/promises'

/** Nanoseconds since the epoch. */
type Instant = bigint

export class LogTimes implements AsyncDisposable {
  readonly #log: string
  #notes: FileHandle | undefined
  #readBytes = 0
  #rest = ''
  /** Where what was seen at `at` ends; both grow. */
  readonly #seen: { readonly end: number; readonly at: Instant }[] = []
  /** Of the last change of the log. */
  #newest: Instant = 0n

  constructor(log: string) {
    this.#log = log
  }

  /** Takes in what was noted since; to be called after more of the log was read, and before its times are asked for. */
  async refresh(): Promise<void> {
    try {
      this.#newest = (await stat(this.#log, { bigint: true })).mtimeNs
      this.#notes ??= await open(`${this.#log}.times`, 'r')
      const { size } = await this.#notes.stat()
      if (size <= this.#readBytes) return
      const bytes = Buffer.alloc(size - this.#readBytes)
      const { bytesRead } = await this.#notes.read(bytes, 0, bytes.length, this.#readBytes)
      this.#readBytes += bytesRead
      const lines = (this.#rest + bytes.toString('latin1', 0, bytesRead)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#note(line)
    } catch {
      // Nothing is noted of a program that ends at once, nor of a log that was removed.
    }
  }

  /** The log was cut in place, and its notes with it. */
  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]()
    this.#notes = undefined
    this.#readBytes = 0
    this.#rest = ''
    this.#seen.length = 0
    await this.refresh()
  }

  /** Of the byte at `offset`. */
  at(offset: number): Instant {
    return this.#seen[this.#firstAfter(offset)]?.at ?? this.#newest
  }

  /** Where what came at `since` or later begins; undefined: all of it came before. */
  startOf(since: Date): number | undefined {
    const instant = BigInt(since.getTime()) * 1_000_000n
    const first = this.#seen.findIndex(({ at }) => at >= instant)
    if (first >= 0) return first === 0 ? 0 : this.#seen[first - 1].end
    return this.#newest >= instant ? (this.#seen.at(-1)?.end ?? 0) : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notes?.close()
  }

  #note(line: string): void {
    const [end, at] = line.split(' ')
    if (/^\d+$/.test(end) && /^\d+$/.test(at)) this.#seen.push({ end: Number(end), at: BigInt(at) })
  }

  /** Index of the first note whose bytes hold `offset`. */
  #firstAfter(offset: number): number {
    let low = 0
    let high = this.#seen.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#seen[middle].end > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** As a kubelet writes it: RFC 3339 with nine digits. */
export function printInstant(at: Instant): string {
  const seconds = new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19)
  return `${seconds}.${String(at % 1_000_000_000n).padStart(9, '0')}Z`
}
