/**
 * Where to look when looking everywhere brings nothing better: a box around the best trial that grows with success and
 * shrinks with failure. Its state is replayed from the losses, so that nothing is kept between suggestions.
 *
 * Source: Eriksson et al. 2019, Scalable global optimization via local Bayesian optimization (TuRBO-1), arXiv:1910.01739,
 * section 2 and appendix. Departs: the whole search comes first, and again after a collapse; the process stays that of all
 * trials; a box that has grown to its largest gives way to the whole space.
 *
 * States, each left by the outcome of one trial (better: by a thousandth of the distance from the best to the median):
 *   wide      `patience` trials not better: a box of side 0.8
 *   in a box  3 better in a row: twice the side; max(4, d) not better in a row: half of it
 *             a side above 1.6, or below 2^-7: wide, with fresh patience
 *
 * d parameters
 */

export interface TrustRegion {
  /** Of the box, on an axis of average length scale. */
  readonly side: number
  /** Better trials in a row. */
  readonly successes: number
  /** Trials in a row that were not better. */
  readonly failures: number
}

export const FIRST_SIDE = 0.8
const LARGEST = 1.6
const SMALLEST = 2 ** -7
const SUCCESSES_TO_GROW = 3
const LEAST_GAIN = 1e-3

/** Trials without anything better before a box is tried. */
export function patienceOf(d: number): number {
  return Math.max(30, 3 * d)
}

/** What a trial makes of the region; `undefined`: the whole space again. */
export function after(region: TrustRegion, isBetter: boolean, d: number): TrustRegion | undefined {
  const successes = isBetter ? region.successes + 1 : 0
  const failures = isBetter ? 0 : region.failures + 1
  if (successes === SUCCESSES_TO_GROW) return sized(2 * region.side)
  if (failures === Math.max(4, d)) return sized(region.side / 2)
  return { side: region.side, successes, failures }
}

function sized(side: number): TrustRegion | undefined {
  return side > LARGEST || side < SMALLEST ? undefined : { side, successes: 0, failures: 0 }
}

/** The region after `losses`, oldest first, the start-up trials left out; `undefined`: the whole space. */
export function regionAfter(losses: Float64Array, d: number): TrustRegion | undefined {
  const sorted = losses.slice().sort()
  const scale = losses.length > 0 ? sorted[sorted.length >> 1] - sorted[0] : 0
  let region: TrustRegion | undefined
  let waited = 0
  let best = Number.POSITIVE_INFINITY
  for (const loss of losses) {
    const isBetter = loss < best - LEAST_GAIN * scale
    best = Math.min(best, loss)
    if (region) {
      region = after(region, isBetter, d)
      waited = 0
    } else {
      waited = isBetter ? 0 : waited + 1
      if (waited >= patienceOf(d)) region = { side: FIRST_SIDE, successes: 0, failures: 0 }
    }
  }
  return region
}

export interface Box {
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/** The region around `centre`: its sides go with the length scales λ^-½. */
export function boxAround(centre: Float64Array, side: number, inverseSquares: Float64Array): Box {
  const meanLog = inverseSquares.reduce((sum, lambda) => sum - 0.5 * Math.log(lambda), 0) / centre.length
  const halves = inverseSquares.map(lambda => 0.5 * side * Math.exp(-0.5 * Math.log(lambda) - meanLog))
  return {
    lower: centre.map((u, i) => Math.max(0, u - halves[i])),
    upper: centre.map((u, i) => Math.min(1, u + halves[i])),
  }
}
