/** Waits for a file to change: the operating system's notice, and a poll where it gives none. */
import { type FSWatcher, watch } from 'node:fs'

/** What a collector needs of time; the clock of the house fits. */
export interface CollectorClock {
  now(): Date
  after(delayMs: number, run: () => void): Disposable
}

/** Looks are at least this far apart, so that a trial that writes without pause costs 50 looks a second. */
const QUIET_MS = 20
/** The poll for file systems that send no notice. */
const POLL_MS = 500

/** The directory is watched, not the file: so a file that is created late or replaced is seen as well. */
export class FileWatch {
  #directory: string
  #clock: CollectorClock
  #ended: AbortSignal
  #watcher: FSWatcher | undefined
  #changed = false
  #wake: () => void = () => {}

  constructor(directory: string, clock: CollectorClock, ended: AbortSignal) {
    this.#directory = directory
    this.#clock = clock
    this.#ended = ended
  }

  /** Resolves when something may have changed, soon after it did, or when `ended` aborts. */
  async next(): Promise<void> {
    await this.#wait(QUIET_MS, () => false)
    const hasJustStarted = this.#watcher === undefined && this.#start()
    if (!hasJustStarted) await this.#wait(POLL_MS, () => this.#changed)
    this.#changed = false
  }

  [Symbol.dispose](): void {
    this.#watcher?.close()
  }

  /** Started at the second look: a trial that is over by then never pays for it. */
  #start(): boolean {
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => {
        this.#changed = true
        this.#wake()
      })
      this.#watcher.on('error', () => this.#watcher?.close())
      return true
    } catch {
      // No notices here (the directory is not there yet, the limit of watches is reached): the poll sees to it.
      return false
    }
  }

  #wait(delayMs: number, isEnough: () => boolean): Promise<void> {
    if (this.#ended.aborted || isEnough()) return Promise.resolve()
    return new Promise(resolve => {
      const finish = () => {
        timer[Symbol.dispose]()
        this.#ended.removeEventListener('abort', finish)
        this.#wake = () => {}
        resolve()
      }
      const timer = this.#clock.after(delayMs, finish)
      this.#ended.addEventListener('abort', finish, { once: true })
      this.#wake = () => {
        if (isEnough()) finish()
      }
    })
  }
}
