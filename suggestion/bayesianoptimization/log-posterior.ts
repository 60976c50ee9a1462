/**
 * The posterior density of the process's hyperparameters, and its gradient.
 *
 * Source: Rasmussen and Williams 2006, eq. 5.8-5.9; the constant mean is profiled out, c = 1ᵀK⁻¹y / 1ᵀK⁻¹1.
 * Priors: Optuna's, which hold length scales near 1 from both sides, a Gamma(2, 1) signal and a Gamma(1.1, 30) noise; or
 * length scales that grow with the dimension (Hvarfner et al. 2024, arXiv:2402.02229). Where there is a sum over the parameters,
 * its share has a logit ~ N(-1, 1.5²) and the logarithm of its stretch is ~ N(0, 1).
 *
 * θ = (ln λ_1 .. ln λ_d, ln s, ln noise), and with a sum also (logit w, ln c) · the rest as in `covariance.ts`
 * W = α αᵀ - K⁻¹ · ∂ log p(y) / ∂θ = ½ tr(W ∂K/∂θ)
 */
import { cholesky, inverseFromCholesky, solveLower, solveLowerTransposed } from '#numerics'
import { covarianceMatrix, covarianceSlope, type Kernel } from './covariance.ts'

export type LengthScalePrior = 'near-one' | 'dimension-scaled'

export interface FitProblem {
  /** D_i² of every pair. */
  readonly squares: Float64Array
  readonly n: number
  readonly d: number
  readonly y: Float64Array
  readonly prior: LengthScalePrior
}

export function kernelOf(theta: Float64Array, d: number): Kernel {
  const hasSum = theta.length > d + 2
  return {
    inverseSquares: theta.subarray(0, d).map(Math.exp),
    signal: Math.exp(theta[d]),
    noise: Math.exp(theta[d + 1]),
    share: hasSum ? 1 / (1 + Math.exp(-theta[d + 2])) : 0,
    stretch: hasSum ? Math.exp(theta[d + 3]) : 1,
  }
}

/** Writes the gradient. -Infinity where K is not positive definite. */
export function logPosterior(theta: Float64Array, problem: FitProblem, gradient: Float64Array): number {
  const { squares, n, d, y, prior } = problem
  const kernel = kernelOf(theta, d)
  const covariances = covarianceMatrix(squares, n, kernel)
  const l = covariances.slice()
  gradient.fill(0)
  if (!cholesky(l, n)) return Number.NEGATIVE_INFINITY
  const { alpha, fitTerm } = centredWeights(l, n, y)
  let logLikelihood = -0.5 * fitTerm
  for (let a = 0; a < n; a++) logLikelihood -= Math.log(l[a * n + a])

  const inverse = inverseFromCholesky(l, n)
  const { inverseSquares, signal, noise, share } = kernel
  const sum = share > 0 ? createSumSlopes(squares, kernel) : undefined
  let from = 0
  let signalSlope = 0
  let noiseSlope = 0
  const perAxis = new Float64Array(d)
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++, from += d) {
      const k = covariances[a * n + b]
      const w = alpha[a] * alpha[b] - inverse[a * n + b]
      let r2 = 0
      for (let i = 0; i < d; i++) r2 += inverseSquares[i] * squares[from + i]
      signalSlope += w * k
      const joint = sum ? k - sum.add(from, w, k) : k
      const slope = w * covarianceSlope(r2, joint)
      for (let i = 0; i < d; i++) perAxis[i] -= slope * squares[from + i]
    }
    const w = alpha[a] * alpha[a] - inverse[a * n + a]
    signalSlope += 0.5 * w * signal
    noiseSlope += 0.5 * w * noise
  }
  for (let i = 0; i < d; i++) gradient[i] = inverseSquares[i] * perAxis[i]
  gradient[d] = signalSlope
  gradient[d + 1] = noiseSlope
  sum?.addTo(gradient)
  return logLikelihood + logPrior(theta, d, prior, gradient)
}

/** What the sum over the parameters adds to the gradient, pair by pair. */
function createSumSlopes(squares: Float64Array, { inverseSquares, signal, share, stretch }: Kernel) {
  const d = inverseSquares.length
  const each = (signal * share) / d
  const factors = inverseSquares.map(lambda => stretch * lambda)
  const perAxis = new Float64Array(d)
  let shareSlope = 0
  return {
    /** Its part of the covariance k of one pair, whose weight is w. */
    add(from: number, w: number, k: number): number {
      let part = 0
      for (let i = 0; i < d; i++) {
        const q = 1 / (1 + factors[i] * squares[from + i])
        part += each * q
        perAxis[i] += w * q * q * squares[from + i]
      }
      shareSlope += w * (part / share - (k - part) / (1 - share))
      return part
    },
    addTo(gradient: Float64Array): void {
      for (let i = 0; i < d; i++) {
        const slope = -each * factors[i] * perAxis[i]
        gradient[i] += slope
        gradient[d + 3] += slope
      }
      gradient[d + 2] += shareSlope * share * (1 - share)
    },
  }
}

/** Adds its gradient. */
function logPrior(theta: Float64Array, d: number, prior: LengthScalePrior, gradient: Float64Array): number {
  let value = 0
  for (let i = 0; i < d; i++) {
    if (prior === 'near-one') {
      const lambda = Math.exp(theta[i])
      value -= 0.1 / lambda + 0.1 * lambda
      gradient[i] += 0.1 / lambda - 0.1 * lambda
    } else {
      const z = (-0.5 * theta[i] - scaledMean(d)) / SCALED_DEVIATION
      value -= 0.5 * z * z
      gradient[i] += (0.5 * z) / SCALED_DEVIATION
    }
  }
  const signal = Math.exp(theta[d])
  const noise = Math.exp(theta[d + 1])
  value += theta[d] - signal + 0.1 * theta[d + 1] - 30 * noise
  gradient[d] += 1 - signal
  gradient[d + 1] += 0.1 - 30 * noise
  if (theta.length === d + 2) return value
  const shareZ = (theta[d + 2] - SHARE_MEAN) / SHARE_DEVIATION
  const stretchZ = theta[d + 3]
  gradient[d + 2] -= shareZ / SHARE_DEVIATION
  gradient[d + 3] -= stretchZ
  return value - 0.5 * (shareZ * shareZ + stretchZ * stretchZ)
}

const SCALED_DEVIATION = Math.sqrt(3)

/** Mean of ln l. */
export function scaledMean(d: number): number {
  return Math.SQRT2 + 0.5 * Math.log(d)
}

/** Of the logit: a quarter of the signal, give or take. */
export const SHARE_MEAN = -1
const SHARE_DEVIATION = 1.5

/** α = K⁻¹ (y - c), the profiled mean c, and (y - c)ᵀ α. */
export function centredWeights(l: Float64Array, n: number, y: Float64Array) {
  const ones = new Float64Array(n).fill(1)
  const weighted = y.slice()
  for (const b of [ones, weighted]) {
    solveLower(l, n, b)
    solveLowerTransposed(l, n, b)
  }
  let onesTotal = 0
  let total = 0
  for (let a = 0; a < n; a++) {
    onesTotal += ones[a]
    total += weighted[a]
  }
  const mean = total / onesTotal
  const alpha = weighted.map((w, a) => w - mean * ones[a])
  let fitTerm = 0
  for (let a = 0; a < n; a++) fitTerm += alpha[a] * (y[a] - mean)
  return { alpha, mean, fitTerm }
}
