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
  const worst = ranked.length
  const unranked = [...failed.map(point => ({ point, age: worst })), ...pending.map(point => ({ point, age: 0 }))]
  const rest: readonly BadTrial[] = ranked.slice(goodCount)
  if (rest.length + unranked.length <= 2 * KEPT) return [...rest, ...unranked]
  const bad = byAge(rest, unranked)
  const older = bad.slice(KEPT)
  const stride = older.length / KEPT
  const sampled = Array.from({ length: KEPT }, (_, i) => older[Math.floor((i + rng.uniform()) * stride)])
  return [...bad.slice(0, KEPT), ...sampled]
}

/** Newest first, ranked ones before others of their age. Ages of ranked trials are all different: each has its place. */
function byAge(ranked: readonly BadTrial[], others: readonly BadTrial[]): BadTrial[] {
  const places: BadTrial[][] = []
  for (const list of [ranked, others]) {
    for (const trial of list) {
      const place = places[trial.age]
      if (place) place.push(trial)
      else places[trial.age] = [trial]
    }
  }
  return places.flat()
}
