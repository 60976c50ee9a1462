/** Normal kernels cut off at the ends of [0, 1], with the density of what was cut off given to the rest. */
import { LOG_SQRT_2PI, normalCdf, normalQuantile, type Rng } from '#numerics'

export const SQRT_2PI = Math.exp(LOG_SQRT_2PI)

/** What of N(mu, 1 / inverse²) is inside; beyond 7.5 deviations on both sides it is 1 to 13 digits, beyond 8.5 a side adds nothing. */
export function insideMass(mu: number, inverse: number): number {
  const below = mu * inverse
  const above = (1 - mu) * inverse
  if (below > 7.5 && above > 7.5) return 1
  return (above > 8.5 ? 1 : normalCdf(above)) - (below > 39 ? 0 : normalCdf(-below))
}

export function sampleInside(mu: number, sigma: number, rng: Rng): number {
  const inverse = 1 / sigma
  const low = normalCdf(-mu * inverse)
  const high = normalCdf((1 - mu) * inverse)
  return Math.min(1, Math.max(0, mu + sigma * normalQuantile(low + rng.uniform() * (high - low))))
}
