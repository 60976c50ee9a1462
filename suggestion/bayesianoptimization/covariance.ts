/**
 * The covariance of the Gaussian process: Matérn-5/2 with one length scale per parameter; names that differ add a constant.
 * A share of it may be a sum of one rational quadratic for each parameter: what each does alone, wherever the others are.
 *
 * Source: Rasmussen and Williams 2006, eq. 4.17 (ν = 5/2) and 4.19 (α = 1); Duvenaud et al. 2011, Additive Gaussian processes,
 * arXiv:1112.4394, section 2 (order 1 and order d); Hamming terms for names inside the same distance as in Optuna.
 *
 * n trials · d parameters · x [n, d] points · λ_i = 1 / l_i² · r² = Σ λ_i D_i² · D_i = u_i - v_i, or 1 where names differ
 * k = s ((1 - w) m + w/d Σ q_i), s signal variance, w share of the sum · q_i = 1 / (1 + c λ_i D_i²), c its stretch
 * m = (1 + √5 r + 5 r² / 3) e^(-√5 r) · ∂m/∂r² = -(5/6) (1 + √5 r) e^(-√5 r)
 */
import { decay } from '#numerics'

const SQRT5 = Math.sqrt(5)

/** What the process knows of the axes: which coordinates are names. */
export interface Inputs {
  readonly n: number
  readonly d: number
  /** [n, d] */
  readonly x: Float64Array
  /** [d], 1 where the coordinate is a name without order. */
  readonly isName: Uint8Array
}

export interface Kernel {
  /** [d] λ */
  readonly inverseSquares: Float64Array
  /** s */
  readonly signal: number
  /** Variance of the observations' noise. */
  readonly noise: number
  /** w, 0 where there is no sum. */
  readonly share: number
  /** c */
  readonly stretch: number
}

/** m */
export function correlation(r2: number): number {
  const t = SQRT5 * Math.sqrt(r2)
  return (1 + t + (5 / 3) * r2) * decay(t)
}

/** -∂/∂r² of a multiple k of m: the exponential is in both. */
export function covarianceSlope(r2: number, k: number): number {
  const t = SQRT5 * Math.sqrt(r2)
  return ((5 / 6) * (1 + t) * k) / (1 + t + (5 / 3) * r2)
}

/** D_i² of every pair a > b, one after another: [n (n - 1) / 2, d]. */
export function squaredDistances({ n, d, x, isName }: Inputs): Float64Array {
  const squares = new Float64Array(((n * (n - 1)) / 2) * d)
  let place = 0
  for (let a = 1; a < n; a++) {
    for (let b = 0; b < a; b++) {
      for (let i = 0; i < d; i++, place++) {
        const difference = x[a * d + i] - x[b * d + i]
        squares[place] = isName[i] ? (difference === 0 ? 0 : 1) : difference * difference
      }
    }
  }
  return squares
}

/** K + noise I, lower triangle [n, n]. */
export function covarianceMatrix(squares: Float64Array, n: number, kernel: Kernel): Float64Array {
  const { inverseSquares, signal, noise, share, stretch } = kernel
  const d = inverseSquares.length
  const joint = signal * (1 - share)
  const each = (signal * share) / d
  const k = new Float64Array(n * n)
  for (let a = 0, place = 0; a < n; a++) {
    for (let b = 0; b < a; b++, place += d) {
      let r2 = 0
      for (let i = 0; i < d; i++) r2 += inverseSquares[i] * squares[place + i]
      let value = joint * correlation(r2)
      if (share > 0) {
        for (let i = 0; i < d; i++) value += each / (1 + stretch * inverseSquares[i] * squares[place + i])
      }
      k[a * n + b] = value
    }
    k[a * n + a] = signal + noise
  }
  return k
}

/** From a point to every trial: r² and the joint part s (1 - w) m, and all of k, written into [n] each. */
export type Covariances = (point: Float64Array, r2: Float64Array, joint: Float64Array, k: Float64Array) => void

export function createCovariances(inputs: Inputs, kernel: Kernel): Covariances {
  const { signal, share } = kernel
  const distances = createDistances(inputs, kernel.inverseSquares)
  const sums = share > 0 ? createSums(inputs, kernel) : undefined
  return (point, r2, joint, k) => {
    distances(point, r2)
    for (let a = 0; a < inputs.n; a++) joint[a] = signal * (1 - share) * correlation(r2[a])
    k.set(joint)
    sums?.(point, k)
  }
}

/** Adds s w/d Σ q_i of every trial. */
function createSums({ n, d, x, isName }: Inputs, { inverseSquares, signal, share, stretch }: Kernel) {
  const each = (signal * share) / d
  const factors = inverseSquares.map(lambda => stretch * lambda)
  return (point: Float64Array, into: Float64Array): void => {
    for (let a = 0, from = 0; a < n; a++, from += d) {
      let sum = 0
      for (let i = 0; i < d; i++) {
        const difference = point[i] - x[from + i]
        const square = isName[i] && difference !== 0 ? 1 : difference * difference
        sum += 1 / (1 + factors[i] * square)
      }
      into[a] += each * sum
    }
  }
}

/** r² from a point to every trial, written into [n]. Coordinates are scaled once, as points come by the thousand. */
export function createDistances(
  { n, d, x, isName }: Inputs,
  inverseSquares: Float64Array,
): (point: Float64Array, r2: Float64Array) => void {
  const scales = inverseSquares.map((lambda, i) => (isName[i] ? 0 : Math.sqrt(lambda)))
  const scaled = x.map((u, place) => u * scales[place % d])
  const at = new Float64Array(d)
  const names = [...isName.keys()].filter(i => isName[i])
  return (point, r2) => {
    for (let i = 0; i < d; i++) at[i] = point[i] * scales[i]
    for (let a = 0, from = 0; a < n; a++, from += d) {
      let sum = 0
      for (let i = 0; i < d; i++) {
        const difference = at[i] - scaled[from + i]
        sum += difference * difference
      }
      r2[a] = sum
    }
    for (const i of names) {
      for (let a = 0, place = i; a < n; a++, place += d) if (x[place] !== point[i]) r2[a] += inverseSquares[i]
    }
  }
}
