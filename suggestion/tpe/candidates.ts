/** Where a good trial is likelier than a bad one: candidates from the good mixture, best ratio first. */
import type { Rng } from '#numerics'
import type { Mixture } from './mixture.ts'

export interface Densities {
  readonly good: Mixture
  readonly bad: Mixture
  /** The coordinates that both model. */
  readonly dimensions: readonly number[]
}

/**
 * `count` points around `base`, by falling log l - log g. Each pair of densities ranks what it drew on its own coordinates, and
 * equal ranks are joined: the first point has the best of every pair.
 */
export function candidates(groups: readonly Densities[], base: Float64Array, count: number, rng: Rng): Float64Array[] {
  const points = Array.from({ length: count }, () => base.slice())
  const drawn = Array.from({ length: count }, () => base.slice())
  for (const { good, bad, dimensions } of groups) {
    for (const candidate of drawn) good.sample(rng, candidate)
    const bads = bad.logDensities(drawn)
    const gains = good.logDensities(drawn).map((log, i) => log - bads[i])
    const ranks = [...gains.keys()].sort((a, b) => gains[b] - gains[a])
    for (const [rank, i] of ranks.entries()) for (const j of dimensions) points[rank][j] = drawn[i][j]
  }
  return points
}
