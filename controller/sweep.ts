/**
 * Observations outlive their trials for an hour: a trial that is deleted needs no database to go, and what it reported is
 * swept later. Existence is the API's to tell, observations are the store's: what the cache of Trials has no longer is gone.
 */
import type { Trial } from '#api'
import { type Clock, delay, type Informer } from '#kube'
import type { ObservationStore } from '#store'

export interface SweepOptions {
  readonly trials: Informer<Trial>
  readonly observations: ObservationStore
  readonly clock: Clock
  /** One sentence when a sweep fails; the next one comes all the same. */
  log(sentence: string): void
}

const EVERY_MS = 10 * 60_000
const GONE_MS = 60 * 60_000
const PAGE = 1_000

/** The first time once the cache is filled, then every ten minutes, until disposed. Only where this cache has every trial of the store. */
export function sweepObservations(options: SweepOptions): AsyncDisposable {
  const { trials, clock, log } = options
  const closing = new AbortController()
  const swept = (async () => {
    await trials.synced(closing.signal)
    while (!closing.signal.aborted) {
      await sweep(options, closing.signal).catch(cause =>
        log(`observations of deleted trials were not swept: ${(cause as Error).message}`),
      )
      await delay(clock, EVERY_MS, closing.signal)
    }
    // The cache or the wait has ended with the process.
  })().catch(() => {})
  return {
    async [Symbol.asyncDispose]() {
      closing.abort()
      await swept
    },
  }
}

async function sweep({ trials, observations }: SweepOptions, signal: AbortSignal): Promise<void> {
  let after: string | undefined
  while (!signal.aborted) {
    const uids = await observations.trialUids({ ...(after === undefined ? {} : { after }), limit: PAGE })
    // Looked at after the page was read: a trial is in the cache before it can report.
    const present = new Set(trials.list().map(({ metadata }) => metadata.uid))
    const gone = uids.filter(uid => !present.has(uid))
    if (gone.length > 0) await observations.sweep(gone, GONE_MS)
    if (uids.length < PAGE) return
    after = uids.at(-1)
  }
}
