/**
 * A Parzen mixture over some axes of the unit cube: one product kernel per observation and one for the prior.
 *
 * Sources: Bergstra et al. 2011, Algorithms for hyper-parameter optimization (the estimator); Falkner et al. 2018 and
 * Watanabe 2023, arXiv:2304.11127 (product kernels, categorical kernel). Kernels: continuous axes a normal truncated to
 * [0, 1]; ordered axes its mass in the cell; names 1 at the observed one plus priorWeight / K everywhere, normalised.
 * Departs: ordered axes of more than 64 levels are seen as continuous.
 *
 * K components, the prior last · d axes · mu, sigma [K] per axis · log w [K]
 */
import { LOG_SQRT_2PI, normalCdf, normalQuantile, type Rng } from '#numerics'
import type { Axis } from '../axis.ts'

export interface MixtureSpec {
  readonly axes: readonly Axis[]
  /** Which coordinates of the points the mixture models. */
  readonly dimensions: readonly number[]
  readonly points: readonly Float64Array[]
  /** One per point; need not sum to 1. */
  readonly weights: ArrayLike<number>
  readonly priorWeight: number
  /** Smallest bandwidth, as a share of the range. */
  readonly minBandwidth: number
}

export interface Mixture {
  /** One a point: density where all axes are continuous, probability where none is, their product otherwise. */
  logDensities(points: readonly Float64Array[]): Float64Array
  /** Writes the modelled coordinates of `into`. */
  sample(rng: Rng, into: Float64Array): void
}

/** The kernels of one axis. `addLog` adds their logs at x to [K]; those of continuous axes are in `Squares` instead. */
interface Kernels {
  readonly dimension: number
  addLog?(x: number, into: Float64Array): void
  sample(component: number, rng: Rng): number
}

/** ½ ((x - mu) / sigma)² of the continuous axes as (x a - b)², [K, m] each. */
interface Squares {
  readonly dimensions: readonly number[]
  readonly a: Float64Array
  readonly b: Float64Array
}

export function createMixture(spec: MixtureSpec): Mixture {
  const { axes, dimensions, points } = spec
  const count = points.length + 1
  const weights = new Float64Array(count)
  for (let c = 0; c < count; c++) weights[c] = c < points.length ? spec.weights[c] : spec.priorWeight
  normalise(weights)
  // What does not depend on the point is added up once: log weights and normalisers.
  const constants = weights.map(Math.log)
  const continuous = dimensions.filter(dimension => isContinuous(axes[dimension]))
  const size = count * continuous.length
  const squares = { dimensions: continuous, a: new Float64Array(size), b: new Float64Array(size) }
  const kernels = dimensions.map(dimension => kernelsOf(dimension, spec, squares, constants))
  const logs = new Float64Array(count)
  const subtract = subtraction(squares, count)
  return {
    logDensities(asked) {
      return Float64Array.from(asked, point => {
        logs.set(constants)
        for (const kernel of kernels) kernel.addLog?.(point[kernel.dimension], logs)
        subtract(point, logs)
        let max = Number.NEGATIVE_INFINITY
        for (let c = 0; c < count; c++) if (logs[c] > max) max = logs[c]
        let sum = 0
        for (let c = 0; c < count; c++) if (logs[c] > max - NEGLIGIBLE) sum += Math.exp(logs[c] - max)
        return max + Math.log(sum)
      })
    },
    sample(rng, into) {
      const component = drawIndex(weights, rng.uniform())
      for (const kernel of kernels) into[kernel.dimension] = kernel.sample(component, rng)
    },
  }
}

/** More levels than cells of their own are worth. */
const isContinuous = (axis: Axis) => axis.kind !== 'categorical' && axis.levels > 64

/** Takes normalisers off the constants, and writes a continuous axis into `squares`. */
function kernelsOf(dimension: number, spec: MixtureSpec, squares: Squares, constants: Float64Array): Kernels {
  const axis = spec.axes[dimension]
  if (axis.kind === 'categorical') return nameKernels(axis, dimension, spec)
  const count = constants.length
  const mu = new Float64Array(count)
  for (let c = 0; c < count - 1; c++) mu[c] = spec.points[c][dimension]
  mu[count - 1] = 0.5
  const sigma = bandwidths(mu, spec.minBandwidth)
  const sample = (c: number, rng: Rng) => {
    const inverse = 1 / sigma[c]
    const low = normalCdf(-mu[c] * inverse)
    const high = normalCdf((1 - mu[c]) * inverse)
    return Math.min(1, Math.max(0, mu[c] + sigma[c] * normalQuantile(low + rng.uniform() * (high - low))))
  }
  const continuous = isContinuous(axis)
  const m = squares.dimensions.length
  const j = squares.dimensions.indexOf(dimension)
  for (let c = 0; c < count; c++) {
    const inverse = 1 / sigma[c]
    const inside = insideMass(mu[c] * inverse, (1 - mu[c]) * inverse)
    constants[c] -= continuous ? Math.log(inside * sigma[c]) + LOG_SQRT_2PI : Math.log(inside)
    if (!continuous) continue
    squares.a[c * m + j] = inverse * Math.SQRT1_2
    squares.b[c * m + j] = mu[c] * squares.a[c * m + j]
  }
  return continuous ? { dimension, sample } : { dimension, sample, addLog: cellMasses(axis, mu, sigma) }
}

/** A component so much (in logarithms) below another adds nothing to a sum of doubles. */
const NEGLIGIBLE = 40

/**
 * Subtracts the squares of all continuous axes, component by component. Nothing that comes after makes a log grow, so a
 * component that has fallen far below the prior's, which is known first, is out: it becomes -Infinity.
 */
function subtraction({ dimensions, a, b }: Squares, count: number): (point: Float64Array, into: Float64Array) => void {
  const m = dimensions.length
  const x = new Float64Array(m)
  return (point, into) => {
    for (let j = 0; j < m; j++) x[j] = point[dimensions[j]]
    let floor = Number.NEGATIVE_INFINITY
    for (let c = count - 1; c >= 0; c--) {
      let log = into[c]
      for (let j = 0, at = c * m; j < m; j++, at++) {
        const z = x[j] * a[at] - b[at]
        log -= z * z
        if (log < floor) {
          log = Number.NEGATIVE_INFINITY
          break
        }
      }
      into[c] = log
      if (log - NEGLIGIBLE > floor) floor = log - NEGLIGIBLE
    }
  }
}

/** The log mass of every component in the cell of x; of each cell that is asked for it is computed once. */
function cellMasses(axis: Axis, mu: Float64Array, sigma: Float64Array): (x: number, into: Float64Array) => void {
  const known: (Float64Array | undefined)[] = []
  return (x, into) => {
    const level = axis.levelOf(x)
    known[level] ??= logMasses(axis, level, mu, sigma)
    const masses = known[level]
    for (let c = 0; c < into.length; c++) into[c] += masses[c]
  }
}

function logMasses(axis: Axis, level: number, mu: Float64Array, sigma: Float64Array): Float64Array {
  const from = level === 0 ? 0 : axis.edgeOf(level - 1)
  const to = level === axis.levels - 1 ? 1 : axis.edgeOf(level)
  return mu.map((middle, c) => {
    const left = (from - middle) * (1 / sigma[c])
    const right = (to - middle) * (1 / sigma[c])
    const mass = left > 0 ? normalCdf(-left) - normalCdf(-right) : normalCdf(right) - normalCdf(left)
    return Math.log(Math.max(mass, 1e-300))
  })
}

/** P(-below <= Z <= above); beyond 7.5 deviations on both sides it is 1 to 13 digits. */
function insideMass(below: number, above: number): number {
  return below > 7.5 && above > 7.5 ? 1 : normalCdf(above) - normalCdf(-below)
}

function nameKernels(axis: Axis, dimension: number, { points, priorWeight }: MixtureSpec): Kernels {
  const { levels } = axis
  const spread = Math.max(priorWeight, 1e-3) / (points.length + 1)
  const total = 1 + levels * spread
  const logHit = Math.log((1 + spread) / total)
  const logMiss = Math.log(spread / total)
  const observed = Int32Array.from(points, point => axis.levelOf(point[dimension]))
  return {
    dimension,
    addLog(x, into) {
      const level = axis.levelOf(x)
      for (let c = 0; c < observed.length; c++) into[c] += observed[c] === level ? logHit : logMiss
      into[observed.length] -= Math.log(levels)
    },
    sample(c, rng) {
      const isObserved = c < observed.length && rng.uniform() * total < 1
      return axis.unitOf(isObserved ? observed[c] : rng.integer(levels))
    },
  }
}

/** The larger gap to the sorted neighbours (the prior's 0.5 among them), within [min, 1]; the prior's own is the range. */
function bandwidths(mu: Float64Array, min: number): Float64Array {
  const count = mu.length
  // Place and component in one number, 32 bits and 20: typed arrays sort several times faster than with a comparator.
  if (scratch.length < count) scratch = new Float64Array(2 * count)
  const keys = scratch.subarray(0, count)
  for (let c = 0; c < count; c++) keys[c] = Math.floor(mu[c] * 4294967295) * 1048576 + c
  keys.sort()
  const sigma = new Float64Array(count)
  let before = Number.NaN
  let here = keys[0] % 1048576
  for (let place = 0; place < count; place++) {
    const after = place + 1 < count ? keys[place + 1] % 1048576 : Number.NaN
    const left = place > 0 ? mu[here] - mu[before] : 0
    const right = place + 1 < count ? mu[after] - mu[here] : 0
    sigma[here] = Math.min(1, Math.max(min, left, right))
    before = here
    here = after
  }
  sigma[count - 1] = 1
  return sigma
}

/** Of `bandwidths`. */
let scratch = new Float64Array(0)

function normalise(weights: Float64Array): void {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  for (let c = 0; c < weights.length; c++) weights[c] /= sum
}

function drawIndex(weights: Float64Array, u: number): number {
  let left = u
  for (let c = 0; c < weights.length - 1; c++) {
    left -= weights[c]
    if (left < 0) return c
  }
  return weights.length - 1
}
