/**
 * The mixture over several axes: each component is the product of a kernel on each of them, so its logarithms are added up.
 *
 * K components, the prior last · mu, sigma [K] per axis · kernels of continuous axes exp(-((x - mu) a)²), a = 1 / (σ √2)
 */
import { decay, normalCdf, type Rng } from '#numerics'
import type { Axis } from '../axis.ts'
import { ascending, bandwidths } from './bandwidths.ts'
import type { Components, MixtureSpec } from './components.ts'
import { insideMass, SQRT_2PI, sampleInside } from './truncated-normal.ts'

interface Shared {
  readonly spec: Pick<MixtureSpec, 'axes' | 'points' | 'priorWeight' | 'minBandwidth'>
  /** [K], they sum to 1. */
  readonly weights: Float64Array
}

/** `places` [d] of [K]. */
export function createProduct(
  dimensions: readonly number[],
  places: readonly Float64Array[],
  { spec, weights }: Shared,
): Components {
  const logs = weights.map(Math.log)
  const masses = new Float64Array(weights.length).fill(1)
  const kernels = dimensions.map(dimension => kernelsOf(dimension, places[dimension], { spec, masses, logs }))
  for (let c = 0; c < logs.length; c++) logs[c] -= Math.log(masses[c])
  const logDensity = productLogDensity(kernels, logs)
  return {
    logDensities: points => Float64Array.from(points, logDensity),
    sample(c, rng, into) {
      for (const { dimension, sample } of kernels) into[dimension] = sample(c, rng)
    },
  }
}

/** More levels than cells of their own are worth. */
export function isContinuous(axis: Axis): boolean {
  return axis.kind !== 'categorical' && axis.levels > 64
}

/** The kernels of one axis: those of a continuous one are its line, others add their logs at x to [K]. */
interface Kernels {
  readonly dimension: number
  readonly line?: Line
  addLog?(x: number, into: Float64Array): void
  sample(component: number, rng: Rng): number
}

/** ½ ((x - mu) / sigma)² as ((x - mu) a)², [K] each. */
interface Line {
  readonly dimension: number
  readonly mu: Float64Array
  readonly a: Float64Array
}

/** A component so much (in logarithms) below another adds nothing to a sum of doubles. */
const NEGLIGIBLE = 40

/** `constants` [K]: what does not depend on the point. */
function productLogDensity(kernels: readonly Kernels[], constants: Float64Array): (point: Float64Array) => number {
  const count = constants.length
  const lines = kernels.flatMap(({ line }) => line ?? [])
  const three = lines.length < 3 ? undefined : lines.slice(0, 3)
  const rest = three ? lines.slice(3) : lines
  const logs = new Float64Array(count)
  return point => {
    logs.set(constants)
    for (const kernel of kernels) kernel.addLog?.(point[kernel.dimension], logs)
    if (three) subtractSquares(logs, point, three)
    return logSumOfSurvivors(logs, point, rest)
  }
}

/** Of three axes at once, as few components survive them: a test after each of the first would be a coin toss. */
function subtractSquares(logs: Float64Array, point: Float64Array, [first, second, third]: readonly Line[]): void {
  const { mu: mu0, a: a0 } = first
  const { mu: mu1, a: a1 } = second
  const { mu: mu2, a: a2 } = third
  const x0 = point[first.dimension]
  const x1 = point[second.dimension]
  const x2 = point[third.dimension]
  for (let c = 0; c < logs.length; c++) {
    const z0 = (x0 - mu0[c]) * a0[c]
    const z1 = (x1 - mu1[c]) * a1[c]
    const z2 = (x2 - mu2[c]) * a2[c]
    logs[c] -= z0 * z0 + z1 * z1 + z2 * z2
  }
}

/** Subtracts what is left from `logs`, and gathers in its end those that count. */
function logSumOfSurvivors(logs: Float64Array, point: Float64Array, rest: readonly Line[]): number {
  // The prior comes first: what has fallen far below the largest so far is out, as nothing makes a log grow again.
  let max = Number.NEGATIVE_INFINITY
  let floor = max
  let keptFrom = logs.length
  for (let c = logs.length - 1; c >= 0; c--) {
    let log = logs[c]
    if (log < floor) continue
    for (let j = 0; j < rest.length && log >= floor; j++) {
      const { dimension, mu, a } = rest[j]
      const z = (point[dimension] - mu[c]) * a[c]
      log -= z * z
    }
    if (log < floor) continue
    logs[--keptFrom] = log
    if (log <= max) continue
    max = log
    floor = max - NEGLIGIBLE
  }
  let sum = 0
  for (let c = keptFrom; c < logs.length; c++) sum += decay(max - logs[c])
  return max + Math.log(sum)
}

interface Making {
  readonly spec: Shared['spec']
  /** [K] products of the normalisers; before one underflows, its log is taken off and it begins again. */
  readonly masses: Float64Array
  readonly logs: Float64Array
}

/** `mu` [K]: places on the axis. */
function kernelsOf(dimension: number, mu: Float64Array, { spec, masses, logs }: Making): Kernels {
  const axis = spec.axes[dimension]
  if (axis.kind === 'categorical') return nameKernels(axis, dimension, spec)
  const sigma = bandwidths(mu, ascending(mu), spec.minBandwidth)
  const continuous = isContinuous(axis)
  for (let c = 0; c < mu.length; c++) {
    masses[c] *= insideMass(mu[c], 1 / sigma[c]) * (continuous ? sigma[c] * SQRT_2PI : 1)
    if (masses[c] > 1e-250) continue
    logs[c] -= Math.log(masses[c])
    masses[c] = 1
  }
  const sample = (c: number, rng: Rng) => sampleInside(mu[c], sigma[c], rng)
  return continuous
    ? { dimension, sample, line: { dimension, mu, a: sigma.map(width => Math.SQRT1_2 / width) } }
    : { dimension, sample, addLog: cellMasses(axis, mu, sigma) }
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

function nameKernels(axis: Axis, dimension: number, { points, priorWeight }: Shared['spec']): Kernels {
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
