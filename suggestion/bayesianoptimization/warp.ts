/**
 * Losses as the process sees them: a monotone map to zero mean and unit variance, one of a few; an affine change of the
 * losses is lost in each. Which one suits is found by evidence, see `evidence.ts`.
 *
 * half-rank: the better half stays metric, the worse half becomes normal quantiles of its rank, so that no outlier rules the
 * fit (Google Vizier, Song et al. 2024, arXiv:2408.11527, section 4.2). log: of what half-rank gives, the logarithm of the
 * distance from the best, for valleys whose losses span orders of magnitude. metric: as they are. yeo-johnson: bent by the
 * exponent of largest profile likelihood (Yeo and Johnson 2000, doi:10.1093/biomet/87.4.954), with a prior around 1.
 *
 * m median · s root mean square distance of the better half from m · λ exponent of Yeo and Johnson
 */
import { normalQuantile } from '#numerics'

export const warpNames = ['half-rank', 'log', 'metric', 'yeo-johnson'] as const
export type WarpName = (typeof warpNames)[number]

export interface Warped {
  /** Ascending z-scores. */
  readonly z: Float64Array
  /** log dz/dy of the better half, in a unit of y that all warps share. */
  readonly logSlopes: Float64Array
}

/** Of ascending losses. */
export function warpLosses(ascending: ArrayLike<number>, name: WarpName): Warped {
  const z = scaled(ascending)
  const logSlopes = new Float64Array(Math.ceil(z.length / 2))
  if (name === 'half-rank' || name === 'log') levelWorseHalf(z)
  standardise(z, logSlopes)
  if (name === 'log') takeLogs(z, logSlopes)
  if (name === 'yeo-johnson') bend(z, exponentOf(z), logSlopes)
  if (name === 'log' || name === 'yeo-johnson') standardise(z, logSlopes)
  return { z, logSlopes }
}

/** The largest magnitude comes near 1, so that differences of huge losses do not overflow; by a power of 2, so exactly. */
function scaled(losses: ArrayLike<number>): Float64Array {
  let largest = 0
  for (let a = 0; a < losses.length; a++) largest = Math.max(largest, Math.abs(losses[a]))
  const power = largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1
  return Float64Array.from(losses, loss => loss / power)
}

/** The worse half to quantiles of its rank. */
function levelWorseHalf(y: Float64Array): void {
  const n = y.length
  const half = Math.ceil(n / 2)
  const m = medianOf(y)
  let square = 0
  for (let a = 0; a < half; a++) square += (y[a] - m) ** 2 / half
  const s = Math.sqrt(square)
  const worse = n - half
  for (let a = half; a < n; a++) y[a] = m + s * normalQuantile(0.5 + (0.5 * (a - half + 1)) / (worse + 1))
}

/** Share of the distance from the best loss to the median that the best loss itself is above the pole. */
const POLE = 0.1

/** Logarithms of the distance from a pole a little below the best. */
function takeLogs(y: Float64Array, logSlopes: Float64Array): void {
  const best = y[0]
  const room = POLE * (medianOf(y) - best)
  if (!(room > 0)) return
  for (let a = 0; a < y.length; a++) {
    const distance = y[a] - best + room
    if (a < logSlopes.length) logSlopes[a] -= Math.log(distance)
    y[a] = Math.log(distance)
  }
}

function bend(y: Float64Array, lambda: number, logSlopes: Float64Array): void {
  for (let a = 0; a < y.length; a++) {
    if (a < logSlopes.length) logSlopes[a] += (lambda - 1) * signedLog(y[a])
    y[a] = bent(y[a], lambda)
  }
}

/** sign(y) log(1 + |y|): the log of the slope is λ - 1 times it. */
const signedLog = (y: number) => Math.sign(y) * Math.log1p(Math.abs(y))

/** ψ(λ, y), eq. 2.1. */
function bent(y: number, lambda: number): number {
  const power = y >= 0 ? lambda : 2 - lambda
  const log = Math.log1p(Math.abs(y))
  return Math.sign(y) * (Math.abs(power) < 1e-9 ? log : Math.expm1(power * log) / power)
}

/** The mode of the profile likelihood (eq. 3.1) times N(1, ½) by golden sections. */
function exponentOf(y: Float64Array): number {
  const logs = y.map(signedLog)
  const skew = logs.reduce((sum, log) => sum + log, 0)
  const bends = new Float64Array(y.length)
  const score = (lambda: number) => {
    for (let a = 0; a < y.length; a++) bends[a] = bent(y[a], lambda)
    return -0.5 * y.length * Math.log(momentsOf(bends).variance) + (lambda - 1) * skew - (lambda - 1) ** 2
  }
  let [low, high] = [-2, 4]
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
  let [atLeft, atRight] = [score(left), score(right)]
  for (let i = 0; i < 25; i++) {
    if (atLeft > atRight) {
      ;[high, right, atRight] = [right, left, atLeft]
      left = high - GOLDEN * (high - low)
      atLeft = score(left)
    } else {
      ;[low, left, atLeft] = [left, right, atRight]
      right = low + GOLDEN * (high - low)
      atRight = score(right)
    }
  }
  return (low + high) / 2
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

/** In place; values that are all equal become 0. */
function standardise(y: Float64Array, logSlopes: Float64Array): void {
  const { mean, variance } = momentsOf(y)
  const deviation = variance > 0 ? Math.sqrt(variance) : 1
  for (let a = 0; a < y.length; a++) y[a] = (y[a] - mean) / deviation
  for (let a = 0; a < logSlopes.length; a++) logSlopes[a] -= Math.log(deviation)
}

function momentsOf(y: Float64Array): { mean: number; variance: number } {
  const n = y.length
  const mean = y.reduce((sum, value) => sum + value, 0) / n
  return { mean, variance: y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n }
}

function medianOf(ascending: Float64Array): number {
  const middle = ascending.length >> 1
  return ascending.length % 2 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2
}
