/**
 * Losses as the process sees them: the better half stays metric, the worse half becomes normal quantiles of its rank, so
 * that no outlier rules the fit; then zero mean and unit variance. Monotone, and an affine change of the losses is lost.
 *
 * Source: half-rank warping of Google Vizier, Song et al. 2024, arXiv:2408.11527, section 4.2.
 *
 * m median · s root mean square distance of the better half from m
 */
import { normalQuantile } from '#numerics'

/** Ascending losses in, ascending z-scores out. */
export function warpLosses(ascending: ArrayLike<number>): Float64Array {
  const y = scaled(ascending)
  const n = y.length
  const half = Math.ceil(n / 2)
  const m = medianOf(y)
  let square = 0
  for (let a = 0; a < half; a++) square += (y[a] - m) ** 2 / half
  const s = Math.sqrt(square)
  const worse = n - half
  for (let a = half; a < n; a++) y[a] = m + s * normalQuantile(0.5 + (0.5 * (a - half + 1)) / (worse + 1))
  standardise(y)
  return y
}

/** The largest magnitude comes near 1, so that differences of huge losses do not overflow; by a power of 2, so exactly. */
function scaled(losses: ArrayLike<number>): Float64Array {
  let largest = 0
  for (let a = 0; a < losses.length; a++) largest = Math.max(largest, Math.abs(losses[a]))
  const power = largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1
  return Float64Array.from(losses, loss => loss / power)
}

/** In place; values that are all equal become 0. */
function standardise(y: Float64Array): void {
  const n = y.length
  const mean = y.reduce((sum, value) => sum + value, 0) / n
  const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n
  const deviation = variance > 0 ? Math.sqrt(variance) : 1
  for (let a = 0; a < n; a++) y[a] = (y[a] - mean) / deviation
}

function medianOf(ascending: Float64Array): number {
  const middle = ascending.length >> 1
  return ascending.length % 2 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2
}
