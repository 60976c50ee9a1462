/** Forgets old revisions, so that the store grows with what there is and not with what happened. */
import type { ResourceStore } from '#store'
import type { ObjectChange } from '../stored-objects.ts'
import type { Housekeeping } from './housekeeping.ts'

export interface CompactionOptions {
  /** Revisions that stay readable: a watch that broke off resumes within them, an older one lists again. */
  readonly keep: number
  /** Changes between two compactions, which cost a statement each. */
  readonly every: number
}

/** About three minutes of the busiest server, hours of an ordinary one. */
const defaults: CompactionOptions = { keep: 50_000, every: 10_000 }

/** Counts changes, needs no timer, and writes nothing on a server at rest. */
export class Compaction {
  readonly #store: ResourceStore
  readonly #housekeeping: Housekeeping
  readonly #options: CompactionOptions
  #changes = 0

  constructor(store: ResourceStore, housekeeping: Housekeeping, options = defaults) {
    this.#store = store
    this.#housekeeping = housekeeping
    this.#options = options
  }

  changed({ object }: Pick<ObjectChange, 'object'>): void {
    this.#changes += 1
    if (this.#changes < this.#options.every) return
    this.#changes = 0
    const before = Number(object.metadata.resourceVersion) - this.#options.keep
    if (before > 0) this.#housekeeping.do(() => this.#store.compact(String(before)))
  }
}
