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
  const bad: BadTrial[] = ranked.slice(goodCount)
  bad.push(...failed.map(point => ({ point, age: worst })), ...pending.map(point => ({ point, age: 0 })))
  if (bad.length <= 2 * KEPT) return bad
  bad.sort((a, b) => a.age - b.age)
  const older = bad.slice(KEPT)
  const stride = older.length / KEPT
  const sampled = Array.from({ length: KEPT }, (_, i) => older[Math.floor((i + rng.uniform()) * stride)])
  return [...bad.slice(0, KEPT), ...sampled]
}
