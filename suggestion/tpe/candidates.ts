/** Where a good trial is likelier than a bad one: candidates from the good mixture, best ratio first. */
import type { Rng } from '#numerics'
import type { Mixture } from './mixture.ts'

export interface Densities {
  readonly good: Mixture
  readonly bad: Mixture
}

/** `count` points around `base`, by falling log l - log g; each pair of densities decides on its own coordinates. */
export function candidates(groups: readonly Densities[], base: Float64Array, count: number, rng: Rng): Float64Array[] {
  const points = Array.from({ length: count }, () => base.slice())
  for (const { good, bad } of groups) {
    const sampled = points.map(point => {
      const candidate = point.slice()
      good.sample(rng, candidate)
      return candidate
    })
    const bads = bad.logDensities(sampled)
    const drawn = Array.from(good.logDensities(sampled), (log, i) => ({ candidate: sampled[i], gain: log - bads[i] }))
    drawn.sort((a, b) => b.gain - a.gain)
    for (const [i, { candidate }] of drawn.entries()) points[i] = candidate
    // On its own coordinates, the next group goes on from each rank of this one: rank 0 joins the best of every group.
  }
  return points
}
