/**
 * Writes that arrive while a commit is on its way share the next one. An idle queue commits at once: nothing waits for company.
 *
 * idle        nothing is queued, nothing is on its way
 * committing  one group is on its way; arrivals queue. Its end leads to the next group, or to idle
 */
export class CommitQueue<Write> {
  readonly #commit: (writes: Write[]) => Promise<void>
  readonly #takes: (group: readonly Write[], next: Write) => boolean
  #queued: Write[] = []
  #running: Promise<void> | undefined

  /**
   * `commit` settles its writes itself and does not reject; what it cannot take yet it may put in front again.
   * `takes` bounds a group.
   */
  constructor(commit: (writes: Write[]) => Promise<void>, takes: (group: readonly Write[], next: Write) => boolean) {
    this.#commit = commit
    this.#takes = takes
  }

  get length(): number {
    return this.#queued.length
  }

  push(write: Write): void {
    this.#queued.push(write)
    this.#running ??= this.#run()
  }

  putBack(writes: readonly Write[]): void {
    this.#queued.unshift(...writes)
  }

  /** Takes out what no commit has begun with. */
  drain(): Write[] {
    const queued = this.#queued
    this.#queued = []
    return queued
  }

  /** Resolves when everything queued so far is settled. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Lets writes of the same turn of the event loop join the first group.
    await Promise.resolve()
    while (this.#queued.length > 0) await this.#commit(this.#nextGroup())
    this.#running = undefined
  }

  #nextGroup(): Write[] {
    const group: Write[] = []
    while (this.#queued.length > group.length) {
      const next = this.#queued[group.length]
      if (group.length > 0 && !this.#takes(group, next)) break
      group.push(next)
    }
    this.#queued = this.#queued.slice(group.length)
    return group
  }
}
