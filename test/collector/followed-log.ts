/** A trial's log, a store, and collectors that follow the one into the other, each until it is killed. */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCollector } from '#collector'
import { createMemoryObservationStore } from '#store'
import { ManualClock } from './manual-clock.ts'

export class FollowedLog implements AsyncDisposable {
  readonly #volume = mkdtempSync(join(tmpdir(), 'followed-'))
  readonly path = join(this.#volume, 'train.log')
  readonly store = createMemoryObservationStore({ now: () => new Date() })
  readonly #running: RunningCollector[] = []

  print(...values: readonly (number | string)[]): void {
    appendFileSync(this.path, values.map(value => `epoch loss=${value}\n`).join(''))
  }

  /** Every start finds the bookmark of the one before, as it is now. `boot`: of the machine. */
  start(boot = 'one'): RunningCollector {
    const life = this.#running.length
    const bookmark = join(this.#volume, `place-${life}`)
    const before = join(this.#volume, `place-${life - 1}`)
    // What was killed here may still be woken by a change of the log: it writes into its own.
    if (existsSync(before)) copyFileSync(before, bookmark)
    const run = new RunningCollector(this, bookmark, this.#proc(boot))
    this.#running.push(run)
    return run
  }

  /** What the store has, in its order. */
  async values(): Promise<readonly string[]> {
    const found: string[] = []
    for await (const { value } of this.store.rows('uid')) found.push(value)
    return found
  }

  /** The same, once the trial has ended under a collector that is started now. */
  async valuesInTheEnd(boot?: string): Promise<readonly string[]> {
    await this.start(boot).end()
    return this.values()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#running) run.kill()
    await this.store[Symbol.asyncDispose]()
    rmSync(this.#volume, { recursive: true })
  }

  #proc(boot: string): string {
    const directory = join(this.#volume, boot, 'sys/kernel/random')
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'boot_id'), boot)
    return join(this.#volume, boot)
  }
}

/** Once killed it is as good as dead: its clock stands still, and nothing of it arrives. */
export class RunningCollector {
  readonly #clock = new ManualClock()
  readonly #ended = new AbortController()
  readonly #done: Promise<number>
  #sink: 'there' | 'away' | 'gone' = 'there'

  constructor({ path, store }: Pick<FollowedLog, 'path' | 'store'>, bookmark: string, proc: string) {
    this.#done = runCollector({
      args: ['-t', 'trial', '-m', 'loss', '-o-type', 'minimize', '-s-db', 'db:6789', '-path', path, '-format', 'TEXT'],
      ...{ trialUid: 'uid', attempt: 0, stream: 'pod/collector', bookmark, proc },
      ...{ clock: this.#clock, ended: this.#ended.signal },
      log() {},
      sink: {
        report: async report => {
          if (this.#sink === 'away') throw new Error('the store is away')
          if (this.#sink === 'gone') await new Promise(() => {})
          await store.append(report)
        },
      },
    })
  }

  /** It looks, and reports what it found; what a store that was away has not taken yet takes longer. */
  look(ms = 2_000): Promise<void> {
    return this.#clock.pass(ms)
  }

  /** It goes on reading, and nothing that it reports arrives. */
  cutOff(): void {
    this.#sink = 'away'
  }

  connect(): void {
    this.#sink = 'there'
  }

  kill(): void {
    this.#sink = 'gone'
  }

  async end(): Promise<void> {
    this.#ended.abort()
    await this.#done
  }
}
