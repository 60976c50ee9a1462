/**
 * Hyperparameters of the process: the mode of their posterior, from several starts.
 *
 * Source: Rasmussen and Williams 2006, eq. 5.8-5.9; the constant mean is profiled out, c = 1ᵀK⁻¹y / 1ᵀK⁻¹1.
 * Priors: Optuna's, which hold length scales near 1 from both sides, a Gamma(2, 1) signal and a Gamma(1.1, 30) noise; or
 * length scales that grow with the dimension (Hvarfner et al. 2024, arXiv:2402.02229).
 *
 * θ = (ln λ_1 .. ln λ_d, ln s, ln noise) · W = α αᵀ - K⁻¹ · ∂ log p(y) / ∂θ = ½ tr(W ∂K/∂θ)
 */
import { cholesky, inverseFromCholesky, minimizeInBox, solveLower, solveLowerTransposed } from '#numerics'
import { covarianceMatrix, covarianceSlope, type Inputs, type Kernel, squaredDistances } from './covariance.ts'

export type LengthScalePrior = 'near-one' | 'dimension-scaled'

export interface Fit {
  readonly kernel: Kernel
  /** Log posterior density at the mode, up to a constant. */
  readonly logPosterior: number
}

/** `undefined`: no start led to a positive definite matrix. `near`: a fit to start from, alone, where one is known. */
export function fitKernel(inputs: Inputs, y: Float64Array, prior: LengthScalePrior, near?: Fit): Fit | undefined {
  const { n, d } = inputs
  const squares = squaredDistances(inputs)
  const lower = new Float64Array(d + 2).fill(Math.log(1 / 50 ** 2))
  const upper = new Float64Array(d + 2).fill(Math.log(1 / 0.005 ** 2))
  lower.set([Math.log(1e-2), Math.log(NOISE_FLOOR)], d)
  upper.set([Math.log(1e2), Math.log(1)], d)
  const evaluate = (theta: Float64Array, gradient: Float64Array) => {
    const value = logPosterior(theta, { squares, n, d, y, prior }, gradient)
    for (let i = 0; i < gradient.length; i++) gradient[i] = -gradient[i]
    return -value
  }
  let best: Fit | undefined
  for (const start of near ? [thetaOf(near.kernel)] : startsOf(d, prior)) {
    const found = minimizeInBox({ lower, upper, evaluate }, start, {
      maxIterations: 40,
      gradientTolerance: 2e-2,
      valueTolerance: 1e-6,
    })
    const value = -found.value
    if (Number.isFinite(value) && (best === undefined || value > best.logPosterior)) {
      best = { kernel: kernelOf(found.x), logPosterior: value }
    }
  }
  return best
}

const NOISE_FLOOR = 1e-8

function startsOf(d: number, prior: LengthScalePrior): Float64Array[] {
  const start = (logLambda: number) =>
    new Float64Array(d + 2)
      .fill(logLambda)
      .fill(0, d)
      .fill(Math.log(1e-3), d + 1)
  if (prior === 'near-one') return [start(0), start(Math.log(1 / 0.25 ** 2))]
  return [start(-2 * scaledMean(d)), start(Math.log(1 / 0.5 ** 2))]
}

/** Mean of ln l. */
function scaledMean(d: number): number {
  return Math.SQRT2 + 0.5 * Math.log(d)
}

export function kernelOf(theta: Float64Array): Kernel {
  const d = theta.length - 2
  return {
    inverseSquares: theta.subarray(0, d).map(Math.exp),
    signal: Math.exp(theta[d]),
    noise: Math.exp(theta[d + 1]),
  }
}

function thetaOf({ inverseSquares, signal, noise }: Kernel): Float64Array {
  return Float64Array.from([...inverseSquares, signal, noise], Math.log)
}

interface FitProblem {
  /** D_i² of every pair. */
  readonly squares: Float64Array
  readonly n: number
  readonly d: number
  readonly y: Float64Array
  readonly prior: LengthScalePrior
}

/** Writes the gradient. -Infinity where K is not positive definite. */
export function logPosterior(theta: Float64Array, problem: FitProblem, gradient: Float64Array): number {
  const { squares, n, d, y, prior } = problem
  const kernel = kernelOf(theta)
  const covariances = covarianceMatrix(squares, n, kernel)
  const l = covariances.slice()
  gradient.fill(0)
  if (!cholesky(l, n)) return Number.NEGATIVE_INFINITY
  const { alpha, fitTerm } = centredWeights(l, n, y)
  let logLikelihood = -0.5 * fitTerm
  for (let a = 0; a < n; a++) logLikelihood -= Math.log(l[a * n + a])

  const inverse = inverseFromCholesky(l, n)
  const { inverseSquares, signal, noise } = kernel
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
      const slope = w * covarianceSlope(r2, k)
      for (let i = 0; i < d; i++) perAxis[i] -= slope * squares[from + i]
    }
    const w = alpha[a] * alpha[a] - inverse[a * n + a]
    signalSlope += 0.5 * w * signal
    noiseSlope += 0.5 * w * noise
  }
  for (let i = 0; i < d; i++) gradient[i] = inverseSquares[i] * perAxis[i]
  gradient[d] = signalSlope
  gradient[d + 1] = noiseSlope
  return logLikelihood + logPrior(theta, d, prior, gradient)
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
  return value
}

const SCALED_DEVIATION = Math.sqrt(3)

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
