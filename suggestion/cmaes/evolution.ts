/**
 * One run of CMA-ES: its distribution, and how a generation changes it.
 *
 * Source: Hansen 2016, The CMA evolution strategy: a tutorial, arXiv:1604.00772; equation numbers are the tutorial's.
 *
 * d coordinates · λ population · x ~ N(m, σ²C) · C = B diag(D²) Bᵀ · y = (x - m) / σ · p_σ, p_c evolution paths · w weights
 */
import { symmetricEigen } from '#numerics'

export interface Evolution {
  readonly lambda: number
  readonly mean: Float64Array
  readonly sigma: number
  /** [d, d] */
  readonly covariance: Float64Array
  /** [d, d], columns. */
  readonly b: Float64Array
  /** [d], square roots of the eigenvalues of C. */
  readonly scales: Float64Array
  readonly pathSigma: Float64Array
  readonly pathC: Float64Array
  /** Generations so far. */
  readonly generation: number
  readonly sigmaAtStart: number
  /** Best loss of each of the last generations. */
  readonly bests: readonly number[]
}

export function startEvolution(mean: Float64Array, sigma: number, lambda: number): Evolution {
  const d = mean.length
  const identity = new Float64Array(d * d)
  for (let i = 0; i < d; i++) identity[i * d + i] = 1
  const zeros = new Float64Array(d)
  return {
    lambda,
    mean,
    sigma,
    covariance: identity,
    b: identity,
    scales: new Float64Array(d).fill(1),
    pathSigma: zeros,
    pathC: zeros,
    generation: 0,
    sigmaAtStart: sigma,
    bests: [],
  }
}

/** y = B D z */
export function stepOf({ b, scales }: Evolution, z: Float64Array): Float64Array {
  const d = z.length
  const y = new Float64Array(d)
  for (let i = 0; i < d; i++) for (let k = 0; k < d; k++) y[i] += b[i * d + k] * scales[k] * z[k]
  return y
}

/** The next generation's distribution from all λ steps y of this one, best first. */
export function advance(state: Evolution, steps: readonly Float64Array[], bestLoss: number): Evolution {
  const d = state.mean.length
  const rates = ratesOf(d, state.lambda)
  const { weights, muEff, cSigma, dSigma, cC, c1, cMu, chi } = rates
  const sumPositive = combination(steps, weights, weight => Math.max(0, weight), d)
  const mean = state.mean.map((m, i) => m + state.sigma * sumPositive[i]) // eq. 42

  const whitened = whiten(state, sumPositive)
  const pathSigma = state.pathSigma.map(
    (p, i) => (1 - cSigma) * p + Math.sqrt(cSigma * (2 - cSigma) * muEff) * whitened[i],
  ) // eq. 43
  const length = norm(pathSigma)
  const generation = state.generation + 1
  const isShort = length / Math.sqrt(1 - (1 - cSigma) ** (2 * generation)) < (1.4 + 2 / (d + 1)) * chi
  const sigma = state.sigma * Math.exp(Math.min(1, (cSigma / dSigma) * (length / chi - 1))) // eq. 44
  const pathC = state.pathC.map(
    (p, i) => (1 - cC) * p + (isShort ? Math.sqrt(cC * (2 - cC) * muEff) * sumPositive[i] : 0),
  ) // eq. 45

  const adjusted = weights.map((weight, i) =>
    weight >= 0 ? weight : (weight * d) / (norm(whiten(state, steps[i])) ** 2 + 1e-16),
  ) // eq. 46
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0)
  const keep = 1 - c1 - cMu * weightSum + (isShort ? 0 : c1 * cC * (2 - cC))
  const covariance = new Float64Array(d * d)
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let rankMu = 0
      for (const [k, y] of steps.entries()) rankMu += adjusted[k] * y[i] * y[j]
      const value = keep * state.covariance[i * d + j] + c1 * pathC[i] * pathC[j] + cMu * rankMu // eq. 47
      covariance[i * d + j] = value
      covariance[j * d + i] = value
    }
  }
  const eigen = symmetricEigen(covariance, d)
  const next = { ...state, mean, sigma, pathSigma, pathC, generation, bests: [...state.bests, bestLoss].slice(-200) }
  if (!eigen) return { ...next, covariance: state.covariance }
  return { ...next, covariance, b: eigen.vectors, scales: eigen.values.map(value => Math.sqrt(Math.max(value, 1e-30))) }
}

/** C^(-1/2) y */
function whiten({ b, scales }: Evolution, y: Float64Array): Float64Array {
  const d = y.length
  const inner = new Float64Array(d)
  for (let k = 0; k < d; k++) {
    for (let i = 0; i < d; i++) inner[k] += b[i * d + k] * y[i]
    inner[k] /= scales[k]
  }
  const outer = new Float64Array(d)
  for (let i = 0; i < d; i++) for (let k = 0; k < d; k++) outer[i] += b[i * d + k] * inner[k]
  return outer
}

/** Why this run should not go on, if so; thresholds of the tutorial's appendix B.3. */
export function whyEnded({
  sigma,
  scales,
  sigmaAtStart,
  bests,
  lambda,
  pathC,
  covariance,
}: Evolution): string | undefined {
  const d = scales.length
  let widest = 0
  for (let i = 0; i < d; i++)
    widest = Math.max(widest, sigma * Math.sqrt(covariance[i * d + i]), sigma * Math.abs(pathC[i]))
  if (widest < 1e-12 * sigmaAtStart) return 'the steps are smaller than any difference that counts'
  if (sigma * scales[d - 1] > 1e4 * sigmaAtStart) return 'the steps have grown without bound'
  if (scales[d - 1] > 1e7 * scales[0]) return 'the covariance is too badly conditioned'
  const window = 10 + Math.ceil((30 * d) / lambda)
  if (bests.length < window) return undefined
  const recent = bests.slice(-window)
  const range = Math.max(...recent) - Math.min(...recent)
  return range < 1e-12 * Math.max(1e-300, Math.abs(recent[0])) ? 'the loss has stopped changing' : undefined
}

export function defaultLambda(d: number): number {
  return 4 + Math.floor(3 * Math.log(d))
}

/** Table 1 of the tutorial; weights eq. 49-53. */
function ratesOf(d: number, lambda: number) {
  const mu = Math.floor(lambda / 2)
  const raw = Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1))
  const effective = (values: number[]) => total(values) ** 2 / total(values.map(value => value * value))
  const muEff = effective(raw.slice(0, mu))
  const muEffMinus = effective(raw.slice(mu))
  const c1 = 2 / ((d + 1.3) ** 2 + muEff)
  const cMu = Math.min(1 - c1, (2 * (muEff - 2 + 1 / muEff)) / ((d + 2) ** 2 + muEff))
  const negativeScale = Math.min(1 + c1 / cMu, 1 + (2 * muEffMinus) / (muEff + 2), (1 - c1 - cMu) / (d * cMu))
  const positives = total(raw.filter(weight => weight > 0))
  const negatives = -total(raw.filter(weight => weight < 0))
  const weights = Float64Array.from(raw, weight =>
    weight >= 0 ? weight / positives : (negativeScale * weight) / negatives,
  )
  const cSigma = (muEff + 2) / (d + muEff + 5)
  return {
    weights,
    muEff,
    c1,
    cMu,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (d + 1)) - 1) + cSigma,
    cC: (4 + muEff / d) / (d + 4 + (2 * muEff) / d),
    chi: Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d)),
  }
}

function combination(
  steps: readonly Float64Array[],
  weights: Float64Array,
  pick: (weight: number) => number,
  d: number,
): Float64Array {
  const sum = new Float64Array(d)
  for (const [k, y] of steps.entries()) for (let i = 0; i < d; i++) sum[i] += pick(weights[k]) * y[i]
  return sum
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function norm(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
}
