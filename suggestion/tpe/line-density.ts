/**
 * The mixture along one continuous axis, where most kernels have the smallest bandwidth: those are kept in order of their
 * places, and only the ones near x are looked at. What is left out is below a 1e-12th of the density.
 *
 * The prior reaches every place of the axis, so the sum never underflows: no logarithm is taken but that of the sum.
 *
 * K components, the prior last · kernels w / (σ √(2π) m) exp(-((x - mu) a)²) · m mass in [0, 1] · a = 1 / (σ √2)
 */
import { decay } from '#numerics'
import { ascending, bandwidths } from './bandwidths.ts'
import type { Components } from './components.ts'
import { insideMass, SQRT_2PI, sampleInside } from './truncated-normal.ts'

interface LineSpec {
  readonly dimension: number
  /** [K] */
  readonly weights: Float64Array
  /** [K] places on the axis. */
  readonly mu: Float64Array
  readonly minBandwidth: number
}

export function createLine({ dimension, weights, mu, minBandwidth }: LineSpec): Components {
  const order = ascending(mu)
  const sigma = bandwidths(mu, order, minBandwidth)
  return {
    logDensities: points => lineLogDensities({ weights, mu, order, sigma }, points, dimension),
    sample(c, rng, into) {
      into[dimension] = sampleInside(mu[c], sigma[c], rng)
    },
  }
}

interface Line {
  readonly weights: Float64Array
  readonly mu: Float64Array
  /** [K] components by ascending place. */
  readonly order: Uint32Array
  readonly sigma: Float64Array
}

/** A kernel so much (in logarithms) below the sum is left out, and those that are further away. */
const NEGLIGIBLE = 32

function lineLogDensities(line: Line, points: readonly Float64Array[], dimension: number): Float64Array {
  const { narrowCount, wideFrom, narrowest, highest } = arrange(line)
  const prior = line.mu.length - 1
  const priorMu = line.mu[prior]
  const priorTop = topOf(line, prior)
  const priorA = Math.SQRT1_2 / line.sigma[prior]
  const { places, tops, factors } = scratch
  return Float64Array.from(points, point => {
    const x = point[dimension]
    const zPrior = (x - priorMu) * priorA
    let sum = priorTop * decay(zPrior * zPrior)
    for (let i = wideFrom; i < prior; i++) {
      const z = (x - places[i]) * factors[i]
      sum += tops[i] * decay(z * z)
    }
    // From x outwards on either side; the sum so far says what is too small.
    const middle = firstFrom(places, narrowCount, x)
    const rightmost = x + Math.sqrt(NEGLIGIBLE + Math.log1p(highest / sum)) / narrowest
    for (let i = middle; i < narrowCount && places[i] < rightmost; i++) {
      const z = (x - places[i]) * narrowest
      sum += tops[i] * decay(z * z)
    }
    const leftmost = x - Math.sqrt(NEGLIGIBLE + Math.log1p(highest / sum)) / narrowest
    for (let i = middle - 1; i >= 0 && places[i] > leftmost; i--) {
      const z = (x - places[i]) * narrowest
      sum += tops[i] * decay(z * z)
    }
    return Math.log(sum)
  })
}

/** Of one call, and free after it: the kernels of smallest bandwidth from the left, ascending, the others from the right. */
let scratch = scratchFor(64)

function scratchFor(size: number) {
  return { places: new Float64Array(size), tops: new Float64Array(size), factors: new Float64Array(size) }
}

function arrange(line: Line) {
  const { mu, order, sigma } = line
  const prior = mu.length - 1
  if (scratch.places.length < prior) scratch = scratchFor(2 * prior)
  const { places, tops, factors } = scratch
  let least = Number.POSITIVE_INFINITY
  for (let c = 0; c <= prior; c++) if (sigma[c] < least) least = sigma[c]
  let narrowCount = 0
  let wideFrom = prior
  let highest = 0
  for (let place = 0; place <= prior; place++) {
    const c = order[place]
    if (c === prior) continue
    const isNarrow = sigma[c] === least
    const at = isNarrow ? narrowCount++ : --wideFrom
    places[at] = mu[c]
    tops[at] = topOf(line, c)
    factors[at] = Math.SQRT1_2 / sigma[c]
    if (isNarrow && tops[at] > highest) highest = tops[at]
  }
  return { narrowCount, wideFrom, narrowest: Math.SQRT1_2 / least, highest }
}

/** Of a kernel at its own place. */
function topOf({ weights, mu, sigma }: Line, c: number): number {
  const inverse = 1 / sigma[c]
  return (weights[c] * inverse) / (SQRT_2PI * insideMass(mu[c], inverse))
}

/** Index of the first of `count` ascending places that is not below `low`. */
function firstFrom(places: Float64Array, count: number, low: number): number {
  let from = 0
  let to = count
  while (from < to) {
    const middle = (from + to) >>> 1
    if (places[middle] < low) from = middle + 1
    else to = middle
  }
  return from
}
