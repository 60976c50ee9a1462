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
import { ascending, bandwidths } from './bandwidths.ts'
import { lineDensity, NEGLIGIBLE } from './line-density.ts'

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

/** The kernels of one axis. `addLog` adds their logs at x to [K]; those of continuous axes are in `squares` instead. */
interface Kernels {
  readonly dimension: number
  readonly squares?: Squares
  addLog?(x: number, into: Float64Array): void
  sample(component: number, rng: Rng): number
}

/** ½ ((x - mu) / sigma)² of one continuous axis as ((x - mu) a)², [K] each. */
interface Squares {
  readonly dimension: number
  readonly mu: Float64Array
  readonly order: Uint32Array
  readonly a: Float64Array
}

export function createMixture(spec: MixtureSpec): Mixture {
  return createMixtures(spec, [spec.dimensions])[0]
}

/** One mixture per group of coordinates, over the same points: what they share is computed once. */
export function createMixtures(
  spec: Omit<MixtureSpec, 'dimensions'>,
  groups: readonly (readonly number[])[],
): Mixture[] {
  const { axes, points } = spec
  const count = points.length + 1
  const weights = new Float64Array(count)
  for (let c = 0; c < count; c++) weights[c] = c < points.length ? spec.weights[c] : spec.priorWeight
  normalise(weights)
  const logWeights = weights.map(Math.log)
  const places = placesOf(points, axes.length)
  return groups.map(dimensions => {
    // What does not depend on the point is added up once: log weights and normalisers.
    const making = { spec, masses: new Float64Array(count).fill(1), constants: logWeights.slice() }
    const kernels = dimensions.map(dimension => kernelsOf(dimension, places[dimension], making))
    const constants = making.constants.map((log, c) => log - Math.log(making.masses[c]))
    const squares = kernels.flatMap(({ squares }) => squares ?? [])
    const isLine = kernels.length === 1 && squares.length === 1
    return {
      logDensities: isLine ? alongLine(squares[0], constants) : overProducts(kernels, squares, constants),
      sample(rng, into) {
        const component = drawIndex(weights, rng.uniform())
        for (const kernel of kernels) into[kernel.dimension] = kernel.sample(component, rng)
      },
    }
  })
}

/** [d] of [K]: each axis for itself, the prior's 0.5 last. */
function placesOf(points: readonly Float64Array[], d: number): Float64Array[] {
  const places = Array.from({ length: d }, () => new Float64Array(points.length + 1).fill(0.5, points.length))
  for (let c = 0; c < points.length; c++) {
    const point = points[c]
    for (let j = 0; j < d; j++) places[j][c] = point[j]
  }
  return places
}

function alongLine({ dimension, ...line }: Squares, constants: Float64Array) {
  const logDensity = lineDensity({ constants, ...line })
  return (asked: readonly Float64Array[]) => Float64Array.from(asked, point => logDensity(point[dimension]))
}

function overProducts(kernels: readonly Kernels[], squares: readonly Squares[], constants: Float64Array) {
  const count = constants.length
  const logs = new Float64Array(count)
  const subtract = subtraction(squares, count)
  return (asked: readonly Float64Array[]) =>
    Float64Array.from(asked, point => {
      logs.set(constants)
      for (const kernel of kernels) kernel.addLog?.(point[kernel.dimension], logs)
      subtract(point, logs)
      let max = Number.NEGATIVE_INFINITY
      for (let c = 0; c < count; c++) if (logs[c] > max) max = logs[c]
      let sum = 0
      for (let c = 0; c < count; c++) if (logs[c] > max - NEGLIGIBLE) sum += Math.exp(logs[c] - max)
      return max + Math.log(sum)
    })
}

/** More levels than cells of their own are worth. */
const isContinuous = (axis: Axis) => axis.kind !== 'categorical' && axis.levels > 64

interface Making {
  readonly spec: Omit<MixtureSpec, 'dimensions'>
  /** [K] products of the normalisers, whose logs are taken off the constants at the end or before they underflow. */
  readonly masses: Float64Array
  readonly constants: Float64Array
}

/** `mu` [K]: places on the axis. */
function kernelsOf(dimension: number, mu: Float64Array, { spec, masses, constants }: Making): Kernels {
  const axis = spec.axes[dimension]
  if (axis.kind === 'categorical') return nameKernels(axis, dimension, spec)
  const count = constants.length
  const order = ascending(mu)
  const sigma = bandwidths(mu, order, spec.minBandwidth)
  const sample = (c: number, rng: Rng) => {
    const inverse = 1 / sigma[c]
    const low = normalCdf(-mu[c] * inverse)
    const high = normalCdf((1 - mu[c]) * inverse)
    return Math.min(1, Math.max(0, mu[c] + sigma[c] * normalQuantile(low + rng.uniform() * (high - low))))
  }
  const continuous = isContinuous(axis)
  const a = continuous ? new Float64Array(count) : undefined
  for (let c = 0; c < count; c++) {
    const inverse = 1 / sigma[c]
    masses[c] *= insideMass(mu[c] * inverse, (1 - mu[c]) * inverse) * (continuous ? sigma[c] * SQRT_2PI : 1)
    if (a) a[c] = inverse * Math.SQRT1_2
    if (masses[c] > 1e-250) continue
    constants[c] -= Math.log(masses[c])
    masses[c] = 1
  }
  return a
    ? { dimension, sample, squares: { dimension, mu, order, a } }
    : { dimension, sample, addLog: cellMasses(axis, mu, sigma) }
}

const SQRT_2PI = Math.exp(LOG_SQRT_2PI)

/**
 * Subtracts the squares of all continuous axes, component by component. Nothing that comes after makes a log grow, so a
 * component that has fallen far below the prior's, which is known first, is out: it becomes -Infinity.
 */
function subtraction(squares: readonly Squares[], count: number): (point: Float64Array, into: Float64Array) => void {
  const three = squares.slice(0, 3)
  const rest = squares.slice(3)
  return (point, into) => {
    // Few components survive three axes: a test after each of the first would be a coin toss.
    for (const { dimension, mu, a } of three) {
      const x = point[dimension]
      for (let c = 0; c < count; c++) {
        const z = (x - mu[c]) * a[c]
        into[c] -= z * z
      }
    }
    let floor = Number.NEGATIVE_INFINITY
    for (let c = count - 1; c >= 0; c--) {
      let log = into[c]
      for (let j = 0; j < rest.length && log >= floor; j++) {
        const { dimension, mu, a } = rest[j]
        const z = (point[dimension] - mu[c]) * a[c]
        log -= z * z
      }
      into[c] = log < floor ? Number.NEGATIVE_INFINITY : log
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

/** P(-below <= Z <= above); beyond 7.5 deviations on both sides it is 1 to 13 digits, beyond 8.5 a side adds nothing. */
function insideMass(below: number, above: number): number {
  if (below > 7.5 && above > 7.5) return 1
  return (above > 8.5 ? 1 : normalCdf(above)) - (below > 39 ? 0 : normalCdf(-below))
}

function nameKernels(axis: Axis, dimension: number, { points, priorWeight }: Making['spec']): Kernels {
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

function normalise(weights: Float64Array): void {
  let sum = 0
  for (let c = 0; c < weights.length; c++) sum += weights[c]
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
