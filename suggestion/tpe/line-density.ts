/**
 * The mixture along one continuous axis, where most kernels have the smallest bandwidth: those are kept in order of their
 * places, and only the ones near x are looked at. What is left out adds nothing to a sum of doubles.
 *
 * K components, the prior last · constants [K] log w - log normaliser · kernels (x a - b)² as in `mixture.ts`
 */
/** A component so much (in logarithms) below another adds nothing to a sum of doubles. */
export const NEGLIGIBLE = 40

export interface LineKernels {
  readonly constants: Float64Array
  readonly mu: Float64Array
  /** [K] components by ascending place. */
  readonly order: Uint32Array
  /** [K] 1 / (σ √2) */
  readonly a: Float64Array
}

/** log density at x. */
export function lineDensity({ constants, mu, order, a }: LineKernels): (x: number) => number {
  const prior = mu.length - 1
  let narrowest = 0
  for (let c = 0; c <= prior; c++) if (a[c] > narrowest) narrowest = a[c]
  const wide: number[] = []
  const places = new Float64Array(prior)
  const heights = new Float64Array(prior)
  let narrow = 0
  let highest = Number.NEGATIVE_INFINITY
  for (let place = 0; place <= prior; place++) {
    const c = order[place]
    if (c === prior) continue
    if (a[c] < narrowest) {
      wide.push(c)
      continue
    }
    places[narrow] = mu[c]
    heights[narrow++] = constants[c]
    if (constants[c] > highest) highest = constants[c]
  }
  const logs = new Float64Array(prior + 1)
  return x => {
    const zPrior = (x - mu[prior]) * a[prior]
    logs[0] = constants[prior] - zPrior * zPrior
    let max = logs[0]
    const floor = max - NEGLIGIBLE
    let count = 1
    for (let i = 0; i < wide.length; i++) {
      const c = wide[i]
      const z = (x - mu[c]) * a[c]
      const log = constants[c] - z * z
      if (log < floor) continue
      logs[count++] = log
      if (log > max) max = log
    }
    const reach = Math.sqrt(Math.max(0, highest - floor)) / narrowest
    for (let i = firstFrom(places, narrow, x - reach); i < narrow && places[i] <= x + reach; i++) {
      const z = (x - places[i]) * narrowest
      const log = heights[i] - z * z
      logs[count++] = log
      if (log > max) max = log
    }
    let sum = 0
    for (let i = 0; i < count; i++) if (logs[i] > max - NEGLIGIBLE) sum += Math.exp(logs[i] - max)
    return max + Math.log(sum)
  }
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
