/** Tells those who ask which trials have news; repeats are merged while nobody looks. */

export interface ObservationChange {
  readonly trialUid: string
  readonly final: boolean
}

export class ChangeFeed {
  readonly #listeners = new Set<(changes: readonly ObservationChange[]) => void>()
  readonly #closed = new AbortController()

  tell(changes: readonly ObservationChange[]): void {
    for (const listener of this.#listeners) listener(changes)
  }

  close(): void {
    this.#closed.abort()
  }

  /** Hears everything told after the call, until the signal aborts or the feed closes. */
  follow(signal: AbortSignal): AsyncIterable<ObservationChange> {
    const waiting = new Map<string, boolean>()
    const either = AbortSignal.any([signal, this.#closed.signal])
    let wake = () => {}
    const listener = (changes: readonly ObservationChange[]) => {
      for (const { trialUid, final } of changes) waiting.set(trialUid, final || waiting.get(trialUid) === true)
      wake()
    }
    if (!either.aborted) this.#listeners.add(listener)
    either.addEventListener(
      'abort',
      () => {
        this.#listeners.delete(listener)
        wake()
      },
      { once: true },
    )
    return (async function* () {
      while (!either.aborted) {
        const next = waiting.entries().next().value
        if (next !== undefined) {
          waiting.delete(next[0])
          yield { trialUid: next[0], final: next[1] }
          continue
        }
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    })()
  }
}

/** `changes` is followed already, so that nothing falls between what was missed and what comes. */
export async function* missedFirst(
  missed: () => Promise<readonly ObservationChange[]> | readonly ObservationChange[],
  changes: AsyncIterable<ObservationChange>,
): AsyncIterable<ObservationChange> {
  yield* await missed()
  yield* changes
}
