/**
 * A sink in front of one that may be away: what it refuses is kept in a file, in order, and delivered when it is back, also
 * by the next start of the collector. A report is durable here once it is in the file; the final only once all is delivered.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import type { Sink } from '../collector.ts'
import type { CollectorClock } from '../following/file-watch.ts'

type Report = Parameters<Sink['report']>[0]

export interface SpoolOptions {
  readonly path: string
  readonly sink: Sink
  readonly clock: CollectorClock
  /** A report beyond this waits for those before it: what is read is a file, which is a spool by itself. */
  readonly limitBytes?: number
  /** Told of each refusal. */
  onRefusal(cause: unknown): void
}

const LIMIT_BYTES = 64 * 1024 * 1024
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

export class Spool implements Sink, Disposable {
  readonly #options: SpoolOptions
  readonly #file: number
  /** Bytes of each report that waits, oldest first. */
  readonly #waiting: number[] = []
  #start = 0
  #end = 0
  #delivering: Promise<void> | undefined

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#file = openSync(options.path, 'a+', 0o600)
    const kept = readFileSync(options.path)
    for (let at = kept.indexOf(10); at !== -1; at = kept.indexOf(10, at + 1)) {
      this.#waiting.push(at + 1 - this.#end)
      this.#end = at + 1
    }
    // A last line without its end was cut off while it was written: its report was never taken.
    ftruncateSync(this.#file, this.#end)
    if (this.#waiting.length > 0) this.#deliver()
  }

  async report(report: Report): Promise<void> {
    if (this.#waiting.length === 0) {
      try {
        return await this.#options.sink.report(report)
      } catch (cause) {
        this.#options.onRefusal(cause)
      }
    }
    if (this.#end >= (this.#options.limitBytes ?? LIMIT_BYTES)) await this.#delivering
    this.#keep(`${JSON.stringify(report)}\n`)
    const delivering = this.#deliver()
    if (report.final) await delivering
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #keep(line: string): void {
    const bytes = Buffer.from(line)
    writeSync(this.#file, bytes)
    fsyncSync(this.#file)
    this.#waiting.push(bytes.length)
    this.#end += bytes.length
  }

  #deliver(): Promise<void> {
    this.#delivering ??= this.#deliverAll().finally(() => {
      this.#delivering = undefined
    })
    return this.#delivering
  }

  async #deliverAll(): Promise<void> {
    const { sink, clock, onRefusal } = this.#options
    for (let delayMs = FIRST_RETRY_MS; this.#waiting.length > 0; ) {
      const line = Buffer.alloc(this.#waiting[0])
      readSync(this.#file, line, 0, line.length, this.#start)
      try {
        // Written by `#keep` alone.
        await sink.report(JSON.parse(line.toString()) as Report)
        this.#start += line.length
        this.#waiting.shift()
        delayMs = FIRST_RETRY_MS
      } catch (cause) {
        onRefusal(cause)
        await new Promise<void>(resolve => clock.after(delayMs, resolve))
        delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)
      }
    }
    ftruncateSync(this.#file, 0)
    this.#start = 0
    this.#end = 0
  }
}
