/** How programs are started: the port that a simulation replaces, and the real one, a process of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Ended, Program, Report, Request } from './messages.ts'

export interface RunningProgram {
  /** Resolves when the program runs, or ended before that was seen. Milliseconds since the epoch. */
  readonly started: Promise<number>
  /** Never rejects. */
  readonly ended: Promise<Ended>
  /** To the whole process group. After the first one the group has time until SIGKILL, and `ended` waits for all of it. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface Starter extends AsyncDisposable {
  /**
   * Runs a program at most once for its directory, in any lifetime of the server: where the directory was claimed before,
   * the process is picked up, or its exit code is read. Disposing the starter leaves programs running.
   */
  run(program: Program): RunningProgram
}

export interface StarterOptions {
  log(line: string): void
}

export function startStarter(options: StarterOptions): Starter {
  return new StarterProcess(options)
}

type Child = ChildProcessByStdio<Writable, Readable, null>
interface Entry {
  readonly program: Program
  readonly started: PromiseWithResolvers<number>
  readonly ended: PromiseWithResolvers<Ended>
}

class StarterProcess implements Starter {
  readonly #options: StarterOptions
  readonly #entries = new Map<number, Entry>()
  #child: Child
  #nextId = 1
  #isClosing = false
  #outbox: string[] = []

  constructor(options: StarterOptions) {
    this.#options = options
    this.#child = this.#launch()
  }

  run(program: Program): RunningProgram {
    const id = this.#nextId++
    const entry: Entry = { program, started: Promise.withResolvers(), ended: Promise.withResolvers() }
    this.#entries.set(id, entry)
    this.#send({ is: 'start', id, program })
    return {
      started: entry.started.promise,
      ended: entry.ended.promise,
      signal: signal => this.#send({ is: 'signal', id, signal }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#flush()
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.stdin.end()
    if (this.#child.exitCode === null && this.#child.signalCode === null) await gone
  }

  #launch(): Child {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'process.mjs')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A group of its own: Ctrl-C on the terminal is the server's to answer.
      detached: true,
    })
    // A broken pipe is seen as the exit below.
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', line => this.#hear(JSON.parse(line) as Report))
    child.on('exit', () => this.#relaunch())
    return child
  }

  /** What it had started runs on and is picked up by its successor. */
  #relaunch(): void {
    if (this.#isClosing) return
    this.#options.log('the starter process ended; its successor picks up what runs')
    this.#child = this.#launch()
    this.#outbox = []
    for (const [id, { program }] of this.#entries) this.#send({ is: 'start', id, program })
  }

  /** Requests of one turn go out in one write. */
  #send(request: Request): void {
    if (this.#isClosing) return
    if (this.#outbox.length === 0) setImmediate(() => this.#flush())
    this.#outbox.push(lineOf(request))
  }

  #flush(): void {
    if (this.#outbox.length > 0) this.#child.stdin.write(`${this.#outbox.splice(0).join('\n')}\n`)
  }

  #hear(report: Report): void {
    const entry = this.#entries.get(report.id)
    if (!entry) return
    entry.started.resolve(report.startedAt)
    if (report.is !== 'ended') return
    this.#entries.delete(report.id)
    entry.ended.resolve(report)
  }
}

/** Whoever reads lines takes these two for their ends, and JSON leaves them as they are; values of parameters may hold them. */
function lineOf(request: Request): string {
  return JSON.stringify(request).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
