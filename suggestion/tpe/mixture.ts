/**
 * A Parzen mixture over some axes of the unit cube: one product kernel per observation and one for the prior.
 *
 * Sources: Bergstra et al. 2011, Algorithms for hyper-parameter optimization (the estimator); Falkner et al. 2018 and
 * Watanabe 2023, arXiv:2304.11127 (product kernels, categorical kernel). Kernels: continuous axes a normal truncated to
 * [0, 1]; ordered axes its mass in the cell; names 1 at the observed one plus priorWeight / K everywhere, normalised.
 * Departs: ordered axes of more than 64 levels are seen as continuous.
 *
 * K components, the prior last · d axes · mu, sigma [K] per axis · w [K] weights
 */
import type { Rng } from '#numerics'
import type { MixtureSpec } from './components.ts'
import { createLine } from './line-density.ts'
import { createProduct, isContinuous } from './product-density.ts'

export interface Mixture {
  /** One a point: density where all axes are continuous, probability where none is, their product otherwise. */
  logDensities(points: readonly Float64Array[]): Float64Array
  /** Writes the modelled coordinates of `into`. */
  sample(rng: Rng, into: Float64Array): void
}

export function createMixture(spec: MixtureSpec): Mixture {
  return createMixtures(spec, [spec.dimensions])[0]
}

/** One mixture per group of coordinates, over the same points: what they share is computed once. */
export function createMixtures(
  spec: Omit<MixtureSpec, 'dimensions'>,
  groups: readonly (readonly number[])[],
): Mixture[] {
  const { axes, points } = spec
  const count = points.length + 1
  const weights = new Float64Array(count)
  for (let c = 0; c < count; c++) weights[c] = c < points.length ? spec.weights[c] : spec.priorWeight
  normalise(weights)
  const places = placesOf(points, axes.length)
  return groups.map(dimensions => {
    const [first, ...others] = dimensions
    const isLine = others.length === 0 && isContinuous(axes[first])
    const { logDensities, sample } = isLine
      ? createLine({ dimension: first, mu: places[first], weights, minBandwidth: spec.minBandwidth })
      : createProduct(dimensions, places, { spec, weights })
    return {
      logDensities,
      sample: (rng, into) => sample(drawIndex(weights, rng.uniform()), rng, into),
    }
  })
}

/** [d] of [K]: each axis for itself, the prior's 0.5 last. */
function placesOf(points: readonly Float64Array[], d: number): Float64Array[] {
  const count = points.length
  const rows = new Float64Array(count * d)
  for (let c = 0, at = 0; c < count; c++) {
    const point = points[c]
    for (let j = 0; j < d; j++) rows[at++] = point[j]
  }
  return Array.from({ length: d }, (_, j) => {
    const places = new Float64Array(count + 1)
    for (let c = 0, at = j; c < count; c++, at += d) places[c] = rows[at]
    places[count] = 0.5
    return places
  })
}

function normalise(weights: Float64Array): void {
  let sum = 0
  for (let c = 0; c < weights.length; c++) sum += weights[c]
  for (let c = 0; c < weights.length; c++) weights[c] /= sum
}

function drawIndex(weights: Float64Array, u: number): number {
  let left = u
  for (let c = 0; c < weights.length - 1; c++) {
    left -= weights[c]
    if (left < 0) return c
  }
  return weights.length - 1
}
