/**
 * A deadline ends a trial that is seen to have passed it, not one that nobody looked at for so long: the controller may have
 * been off, stopped, or cut off from the server, and the trial may have ended well meanwhile (docs/decisions/0024).
 */
import type { Trial } from '#api'
import type { Clock } from '#kube'
import { keyOf } from '../caches.ts'
import { deadlinesOf } from './deadlines.ts'
import { deadlineReached } from './stop.ts'
import { owesMetricsTooLong } from './unreported.ts'
import type { TrialWorld } from './world.ts'

/** Who starts or wakes up together with us has told by then what has ended. */
const SIGHT_MS = 5_000
/** A collector that could not reach its store tries again after half a minute at most. */
const SIGHT_OF_METRICS_MS = 60_000

export class OverdueTrials {
  readonly #clock: Clock
  /** Since when each is seen to be overdue, by key and UID; monotonic. */
  readonly #sinceMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * How long a trial that has passed a deadline is to be looked at before that ends it: 0 once it was seen so for long
   * enough, at most for as long as the deadline itself. Undefined: it is not overdue.
   */
  graceMs(world: TrialWorld): number | undefined {
    const key = idOf(world.self)
    const sightMs = sightOf(world, this.#clock.now())
    if (sightMs === undefined) {
      this.#sinceMs.delete(key)
      return undefined
    }
    const nowMs = this.#clock.monotonicMs()
    const sinceMs = this.#sinceMs.get(key) ?? nowMs
    this.#sinceMs.set(key, sinceMs)
    return Math.max(0, sinceMs + sightMs - nowMs)
  }

  forget(trial: Trial): void {
    this.#sinceMs.delete(idOf(trial))
  }
}

function sightOf(world: TrialWorld, now: Date): number | undefined {
  const { metricsMs } = deadlinesOf(world.experiment)
  if (owesMetricsTooLong(world, metricsMs, now)) return Math.min(SIGHT_OF_METRICS_MS, metricsMs)
  const reached = deadlineReached(world, now)
  return reached && Math.min(SIGHT_MS, reached.deadlineMs)
}

const idOf = (trial: Trial) => `${keyOf(trial)}/${trial.metadata.uid}`
