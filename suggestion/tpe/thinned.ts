/** The bad trials, thinned where there are thousands: cost stays flat while the shape of the density remains. */
import type { Rng } from '#numerics'
import type { Observations } from './observations.ts'

interface BadTrial {
  readonly point: Float64Array
  readonly age: number
}

const KEPT = 1000

/** Everything after the first `goodCount`, failed and pending included; beyond 2,000 the newest 1,000 and 1,000 at random. */
export function thinned({ ranked, failed, pending }: Observations, goodCount: number, rng: Rng): BadTrial[] {
  const rest: readonly BadTrial[] = ranked.slice(goodCount)
  const failures = failed.map(point => ({ point, age: ranked.length }))
  const running = pending.map(point => ({ point, age: 0 }))
  if (rest.length + failures.length + running.length <= 2 * KEPT) return [...rest, ...failures, ...running]
  const bad = byAge(rest, failures, running)
  const olderCount = bad.length - KEPT
  const kept = bad.slice(0, KEPT)
  for (let i = 0; i < KEPT; i++) kept.push(bad[KEPT + Math.floor((i + rng.uniform()) * (olderCount / KEPT))])
  return kept
}

/** Newest first, ranked ones before others of their age. Ages of ranked trials are all different: each has its place. */
function byAge(ranked: readonly BadTrial[], failures: readonly BadTrial[], running: readonly BadTrial[]): BadTrial[] {
  const failedAge = failures[0]?.age ?? 0
  const places: (BadTrial | undefined)[] = new Array(1 + ranked.reduce((max, { age }) => Math.max(max, age), failedAge))
  for (const trial of ranked) places[trial.age] = trial
  const sorted: BadTrial[] = []
  for (let age = 0; age < places.length; age++) {
    const trial = places[age]
    if (trial) sorted.push(trial)
    if (age === failedAge) sorted.push(...failures)
    if (age === 0) sorted.push(...running)
  }
  return sorted
}
