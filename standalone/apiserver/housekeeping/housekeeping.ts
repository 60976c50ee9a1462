/** Work the server does by itself after changes: a bounded number of pieces at a time, since each waits for a commit. */
import { ApiError } from '#api'

/**
 * A piece that throws is logged and forgotten: the next change of the same objects, or the next start, brings it up
 * again. 404 and 409 mean that somebody else was faster. Pieces run in no order and look again before they act.
 */
export class Housekeeping {
  readonly #log: (line: string) => void
  readonly #queue: (() => Promise<unknown>)[] = []
  #running = 0
  #isClosed = false
  #idle = Promise.withResolvers<void>()

  constructor(log: (line: string) => void) {
    this.#log = log
    this.#idle.resolve()
  }

  do(work: () => Promise<unknown>): void {
    if (this.#isClosed) return
    if (this.#running === 0 && this.#queue.length === 0) this.#idle = Promise.withResolvers()
    this.#queue.push(work)
    // Later: whoever caused it is told first.
    if (this.#running < AT_A_TIME) queueMicrotask(() => void this.#run())
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    return this.#idle.promise
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#queue.length = 0
    if (this.#running > 0) await this.#idle.promise
  }

  async #run(): Promise<void> {
    if (this.#running >= AT_A_TIME) return
    this.#running += 1
    for (let work = this.#queue.shift(); work !== undefined; work = this.#queue.shift()) {
      try {
        await work()
      } catch (error) {
        const isLate = error instanceof ApiError && (error.code === 404 || error.code === 409)
        if (!isLate) this.#log(`apiserver: housekeeping: ${(error as Error).message}`)
      }
    }
    this.#running -= 1
    if (this.#running === 0) this.#idle.resolve()
  }
}

/** As many as share one commit of the store without pushing clients aside. */
const AT_A_TIME = 32
