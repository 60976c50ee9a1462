/**
 * The log of a program that nobody could wrap, since only its image knows its command: fetched from the server, which reads it
 * where the cluster keeps it, and written to the file that the collector follows. So it is read and printed like any other.
 *
 * Lines come with the time at which the cluster took them. After a break the log is asked for from the last line on, and what
 * was written before is left out; the file is the same byte for byte, and so are the rows that are reported from it.
 */
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import type { CollectorClock } from './following/file-watch.ts'

export interface RelayOptions {
  /** Of the server, without `/api/v1`. */
  readonly url: string
  readonly namespace: string
  readonly trial: string
  /** Read at every request: tokens are renewed. */
  readonly tokenFile: string
  /** PEM of the authority of the server's certificate; absent: a public one. */
  readonly ca?: string
  /** Begun anew. */
  readonly path: string
  readonly clock: CollectorClock
  /** SIGTERM: the program is over, and its log is whole. */
  readonly terminated: AbortSignal
  /** A log that cannot be had now is asked for again. */
  onTrouble(sentence: string): void
  /** What was printed between two reads is gone. */
  onGap(sentence: string): void
}

const AGAIN_MS = 1_000

/** Resolves once the program is over and its log was read to the end after that. Never rejects. */
export async function relayLog(options: RelayOptions): Promise<void> {
  const { path, clock, terminated, onTrouble, onGap } = options
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  appendFileSync(path, '')
  const lines = new RelayedLines(text => appendFileSync(path, text), onGap)
  for (;;) {
    const wasOver = terminated.aborted
    try {
      await readOnce(options, lines)
      if (wasOver) return
    } catch (cause) {
      onTrouble((cause as Error).message)
    }
    await new Promise<void>(resolve => clock.after(AGAIN_MS, resolve))
  }
}

async function readOnce(options: RelayOptions, lines: RelayedLines): Promise<void> {
  const { namespace, trial } = options
  const since = lines.last === undefined ? '' : `?since=${encodeURIComponent(lines.last)}`
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/trials/${encodeURIComponent(trial)}/container-log`
  const reply = await get(new URL(options.url.replace(/\/$/, '') + path + since), options)
  lines.begin()
  reply.setEncoding('utf8')
  let text = ''
  for await (const chunk of reply) {
    if (reply.statusCode === 200) lines.take(chunk as string)
    else text += chunk
  }
  if (reply.statusCode !== 200) throw new Error(`the server answered ${reply.statusCode}: ${text.slice(0, 500)}`)
}

/** The stream ends when the program does, which may be hours later: there is no time limit. */
function get(url: URL, { tokenFile, ca }: RelayOptions): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const headers = { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` }
  return new Promise((resolve, reject) => {
    const authority = ca === undefined ? {} : { ca }
    request(url, { method: 'GET', headers, ...authority }, resolve)
      .on('error', reject)
      .end()
  })
}

/** Lines `TIME TEXT` of a log that is read in several goes; each is written once. */
class RelayedLines {
  readonly #write: (text: string) => void
  readonly #onGap: (sentence: string) => void
  /** The time of the last line, and how many lines of that very time were written. */
  last: string | undefined
  #sameCount = 0
  /** Of this go: lines of the last time that were written before and are still to come. */
  #skip = 0
  #isResumed = false
  #rest = ''

  constructor(write: (text: string) => void, onGap: (sentence: string) => void) {
    this.#write = write
    this.#onGap = onGap
  }

  begin(): void {
    this.#rest = ''
    this.#skip = this.#sameCount
    this.#isResumed = this.last !== undefined
  }

  take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    const blank = line.indexOf(' ')
    const time = blank < 0 ? line : line.slice(0, blank)
    if (this.last !== undefined && time < this.last) return
    if (time === this.last && this.#skip > 0) {
      this.#skip--
      this.#isResumed = false
      return
    }
    if (this.#isResumed)
      this.#onGap(`the log was rotated: what was printed between ${this.last} and ${time} may be lost`)
    this.#isResumed = false
    this.#sameCount = time === this.last ? this.#sameCount + 1 : 1
    this.last = time
    this.#write(`${blank < 0 ? '' : line.slice(blank + 1)}\n`)
  }
}
