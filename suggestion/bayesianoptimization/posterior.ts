/**
 * What the process believes after the trials: mean and variance anywhere, for several fantasies of the pending trials.
 *
 * Pending trials are part of the matrix, so the variance near them is small; their outcomes are drawn jointly from the
 * posterior, once per fantasy (Snoek et al. 2012, section 3.2), and each fantasy has weights α of its own.
 *
 * n trials, the pending ones last · S fantasies · L [n, n] · α_s [n] · k [n] covariances of a point with the trials
 */
import { appendRow, choleskyWithJitter, solveLower, solveLowerTransposed } from '#numerics'
import { covarianceMatrix, createCovariances, type Inputs, type Kernel, squaredDistances } from './covariance.ts'
import { centredWeights } from './log-posterior.ts'

export interface Posterior {
  readonly inputs: Inputs
  readonly kernel: Kernel
  readonly factor: Float64Array
  readonly mean: number
  /** [S] of [n] */
  readonly alphas: readonly Float64Array[]
  /** Outcomes, real and drawn: [S] of [n]. */
  readonly outcomes: readonly Float64Array[]
}

/** `undefined`: K is not positive definite even with jitter. */
export function createPosterior(inputs: Inputs, y: Float64Array, kernel: Kernel): Posterior | undefined {
  const { n } = inputs
  const factored = choleskyWithJitter(covarianceMatrix(squaredDistances(inputs), n, kernel), n)
  if (!factored) return undefined
  const { alpha, mean } = centredWeights(factored.factor, n, y)
  return { inputs, kernel, factor: factored.factor, mean, alphas: [alpha], outcomes: [y] }
}

/** The posterior with one more pending point; `normals` [S] decide its outcome in each fantasy, none: its mean. */
export function withPending(posterior: Posterior, point: Float64Array, normals: readonly number[]): Posterior {
  const { inputs, kernel, mean } = posterior
  const { n, d } = inputs
  const k = covariances(posterior, point)
  const solved = k.slice()
  solveLower(posterior.factor, n, solved)
  const variance = Math.max(1e-12 * kernel.signal, kernel.signal - dot(solved, solved, n))
  const factor = appendRow(posterior.factor, n, k, kernel.signal + kernel.noise)
  const x = new Float64Array((n + 1) * d)
  x.set(inputs.x)
  x.set(point, n * d)
  const outcomes = Array.from({ length: Math.max(1, normals.length) }, (_, s) => {
    const source = Math.min(s, posterior.alphas.length - 1)
    const drawn = mean + dot(k, posterior.alphas[source], n) + Math.sqrt(variance) * (normals[s] ?? 0)
    const grown = new Float64Array(n + 1)
    grown.set(posterior.outcomes[source])
    grown[n] = drawn
    return grown
  })
  const alphas = outcomes.map(outcome => {
    const alpha = outcome.map(y => y - mean)
    solveLower(factor, n + 1, alpha)
    solveLowerTransposed(factor, n + 1, alpha)
    return alpha
  })
  return { inputs: { ...inputs, n: n + 1, x }, kernel, factor, mean, alphas, outcomes }
}

/** k */
function covariances({ inputs, kernel }: Posterior, point: Float64Array): Float64Array {
  const k = new Float64Array(inputs.n)
  createCovariances(inputs, kernel)(point, new Float64Array(inputs.n), new Float64Array(inputs.n), k)
  return k
}

/** Mean over the fantasies, and variance, of the objective without noise. */
export function predict(posterior: Posterior, point: Float64Array): { mean: number; variance: number } {
  const { n } = posterior.inputs
  const k = covariances(posterior, point)
  let mean = posterior.mean
  for (const alpha of posterior.alphas) mean += dot(k, alpha, n) / posterior.alphas.length
  solveLower(posterior.factor, n, k)
  return { mean, variance: Math.max(0, posterior.kernel.signal - dot(k, k, n)) }
}

export function dot(a: Float64Array, b: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += a[i] * b[i]
  return sum
}
