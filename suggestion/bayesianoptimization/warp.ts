/**
 * Losses as the process sees them: monotone warps that keep outliers from ruling the fit, then zero mean, unit variance.
 *
 * Sources: half-rank as in Google Vizier's output warpers (Song et al. 2024, arXiv:2408.11527, section 4.2): the better
 * half stays metric, the worse half becomes normal quantiles of its rank. The logarithm is taken of the distance to just
 * below the best loss, so that an affine change of the objective changes nothing.
 */
import { normalQuantile } from '#numerics'

export type Warp = 'identity' | 'half-rank' | 'log'

/** Ascending losses in, ascending z-scores out; `slopes` are the derivatives of the warp at the better half (geometric use). */
export interface Warped {
  readonly y: Float64Array
  /** log dy/dloss for the first half, up to one constant that all warps of the same losses share. */
  readonly logSlopes: Float64Array
}

export function warpLosses(ascending: ArrayLike<number>, warp: Warp): Warped {
  const losses = scaled(ascending)
  const n = losses.length
  const half = Math.ceil(n / 2)
  const slopes = new Float64Array(half)
  const y = losses.slice()
  if (warp === 'half-rank') {
    const middle = medianOf(losses)
    let square = 0
    for (let a = 0; a < half; a++) square += (losses[a] - middle) ** 2 / half
    const spread = Math.sqrt(square)
    const worse = n - half
    for (let a = half; a < n; a++) y[a] = middle + spread * normalQuantile(0.5 + (0.5 * (a - half + 1)) / (worse + 1))
  } else if (warp === 'log') {
    const offset = LOG_OFFSET * Math.max(medianOf(losses) - losses[0], 1e-300)
    for (let a = 0; a < n; a++) y[a] = Math.log(losses[a] - losses[0] + offset)
    for (let a = 0; a < half; a++) slopes[a] = -y[a]
  }
  const deviation = standardise(y)
  return { y, logSlopes: slopes.map(slope => slope - Math.log(deviation)) }
}

/** Share of the distance from the best to the median loss that the logarithm starts at. */
const LOG_OFFSET = 0.01

/** The largest magnitude comes near 1, so that differences of huge losses do not overflow; by a power of 2, so exactly. */
function scaled(losses: ArrayLike<number>): Float64Array {
  let largest = 0
  for (let a = 0; a < losses.length; a++) largest = Math.max(largest, Math.abs(losses[a]))
  const power = largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1
  return Float64Array.from(losses, loss => loss / power)
}

/** In place; the deviation it divided by, 1 where all are equal. */
function standardise(y: Float64Array): number {
  const n = y.length
  const mean = y.reduce((sum, value) => sum + value, 0) / n
  const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n
  const deviation = variance > 0 ? Math.sqrt(variance) : 1
  for (let a = 0; a < n; a++) y[a] = (y[a] - mean) / deviation
  return deviation
}

function medianOf(ascending: Float64Array): number {
  const middle = ascending.length >> 1
  return ascending.length % 2 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2
}
