/**
 * Where the acquisition is largest: many candidates, the best climbed by gradient on numbers and by exchange on grids.
 *
 * Grids are always judged at their own places, never in between. Starts: the best candidate, the best trial, and candidates
 * drawn in proportion to their improvement. Departs from the literature's restarts in that screening uses an optimistic
 * bound, so that the O(n²) variance is computed for the promising few alone.
 */
import { minimizeInBox, type Rng, sobolPoint } from '#numerics'
import type { Space } from '../space.ts'
import type { Acquisition } from './acquisition.ts'
import type { Box } from './trust-region.ts'

export interface AcquireOptions {
  readonly space: Space
  /** [d] λ, by which numbers are scaled while climbing. */
  readonly inverseSquares: Float64Array
  /** Best trials first. */
  readonly incumbents: readonly Float64Array[]
  readonly rng: Rng
  /** Where to look, where all axes are continuous; absent: everywhere. */
  readonly box?: Box
  /** False: candidates alone, no climbing. */
  readonly climbs: boolean
  allows(point: Float64Array): boolean
}

const SOBOL_CANDIDATES = 1024
const NEAR_CANDIDATES = 256
const SCREENED = 192
const STARTS = 6
const ROUNDS = 4

/** The best allowed point found, snapped. */
export function acquire(acquisition: Acquisition, options: AcquireOptions): Float64Array {
  const { space, incumbents, climbs, allows } = options
  const screened = drawCandidates(options)
    .map(point => ({ point, value: acquisition.optimistic(point) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, SCREENED)
    .map(({ point }) => ({ point, value: acquisition.value(point) }))
    .sort((a, b) => b.value - a.value)
  const found = [...screened]
  if (climbs) {
    const starts = [...chooseStarts(screened, options.rng), ...incumbents.slice(0, 1).map(point => space.snap(point))]
    for (const start of starts) found.push(climb(acquisition, start, options))
  }
  found.sort((a, b) => b.value - a.value)
  return (found.find(({ point }) => allows(point)) ?? found[0]).point
}

interface Scored {
  readonly point: Float64Array
  readonly value: number
}

function drawCandidates({ space, incumbents, inverseSquares, rng, box }: AcquireOptions): Float64Array[] {
  const d = space.axes.length
  const scramble = rng.integer(4294967296)
  const within = (point: Float64Array) =>
    space.snap(box ? point.map((u, j) => box.lower[j] + u * (box.upper[j] - box.lower[j])) : point)
  const candidates = Array.from({ length: SOBOL_CANDIDATES }, (_, i) => within(sobolPoint(i, d, scramble)))
  const share = Math.min(1, 20 / d)
  for (let i = 0; i < NEAR_CANDIDATES && incumbents.length > 0; i++) {
    const near = incumbents[i % Math.min(5, incumbents.length)].map((u, j) => {
      const axis = space.axes[j]
      if (rng.uniform() > share) return u
      if (axis.kind === 'categorical') return rng.uniform() < 0.3 ? rng.uniform() : u
      const reach = Math.min(0.2, Math.max(0.01, 0.1 / Math.sqrt(inverseSquares[j])))
      return Math.min(
        1,
        Math.max(0, u + rng.normal() * Math.max(reach * 10 ** (-2 * rng.uniform()), 0.5 / axis.levels)),
      )
    })
    candidates.push(space.snap(clamped(near, box)))
  }
  return candidates
}

function clamped(point: Float64Array, box: Box | undefined): Float64Array {
  return box ? point.map((u, j) => Math.min(box.upper[j], Math.max(box.lower[j], u))) : point
}

/** The best, then others by roulette on their improvement. */
function chooseStarts(screened: readonly Scored[], rng: Rng): Float64Array[] {
  const weights = screened.map(({ value }) => Math.exp(value - screened[0].value))
  weights[0] = 0
  const starts = [screened[0].point]
  while (starts.length < Math.min(STARTS - 1, screened.length)) {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    if (!(total > 0)) break
    let left = rng.uniform() * total
    let chosen = weights.findIndex(weight => {
      left -= weight
      return left < 0
    })
    if (chosen < 0) chosen = weights.length - 1
    weights[chosen] = 0
    starts.push(screened[chosen].point)
  }
  return starts
}

/** Gradient steps on continuous coordinates and exchanges on the others, in turn, until neither helps. */
function climb(acquisition: Acquisition, start: Float64Array, options: AcquireOptions): Scored {
  const { space } = options
  const continuous = space.axes.flatMap((axis, i) => (axis.kind === 'continuous' ? [i] : []))
  const others = space.axes.flatMap((axis, i) => (axis.kind !== 'continuous' && axis.levels > 1 ? [i] : []))
  let best: Scored = { point: start, value: acquisition.value(start) }
  for (let round = 0; round < ROUNDS; round++) {
    const before = best.value
    if (continuous.length > 0) best = ascend(acquisition, best, continuous, options)
    if (others.length === 0) break
    for (const i of others) best = exchange(acquisition, best, i, space)
    if (best.value <= before + 1e-9) break
  }
  return best
}

function ascend(acquisition: Acquisition, from: Scored, axes: readonly number[], options: AcquireOptions): Scored {
  const { box } = options
  const scales = axes.map(i => Math.min(50, Math.max(0.5, Math.sqrt(options.inverseSquares[i]))))
  const point = from.point.slice()
  const full = new Float64Array(point.length)
  const minimum = minimizeInBox(
    {
      lower: Float64Array.from(axes, (i, j) => (box ? box.lower[i] : 0) * scales[j]),
      upper: Float64Array.from(axes, (i, j) => (box ? box.upper[i] : 1) * scales[j]),
      evaluate(x, gradient) {
        for (const [j, i] of axes.entries()) point[i] = x[j] / scales[j]
        const value = acquisition.valueWithGradient(point, full)
        for (const [j, i] of axes.entries()) gradient[j] = -full[i] / scales[j]
        return -value
      },
    },
    Float64Array.from(axes, (i, j) => from.point[i] * scales[j]),
    { maxIterations: 40, gradientTolerance: 1e-4, valueTolerance: 1e-8 },
  )
  const reached = from.point.slice()
  for (const [j, i] of axes.entries()) reached[i] = options.space.axes[i].snap(minimum.x[j] / scales[j])
  return -minimum.value > from.value ? { point: reached, value: -minimum.value } : from
}

/** All levels of a short axis; doubling strides on a long one. */
function exchange(acquisition: Acquisition, from: Scored, i: number, { axes }: Space): Scored {
  const axis = axes[i]
  const level = axis.levelOf(from.point[i])
  const tried =
    axis.levels <= 24 ? Array.from({ length: axis.levels }, (_, other) => other) : strides(level, axis.levels)
  let best = from
  for (const other of tried) {
    if (other === level) continue
    const point = from.point.slice()
    point[i] = axis.unitOf(other)
    const value = acquisition.value(point)
    if (value > best.value) best = { point, value }
  }
  return best
}

function strides(level: number, levels: number): number[] {
  const found: number[] = []
  for (let stride = 1; stride < levels; stride *= 2) found.push(level - stride, level + stride)
  return found.filter(other => other >= 0 && other < levels)
}
