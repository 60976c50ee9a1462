/**
 * Minimises a smooth function inside a box: limited-memory BFGS on the free variables, projected backtracking.
 *
 * Sources: Liu and Nocedal 1989, doi:10.1007/BF01589116 (two-loop recursion); Bertsekas 1982, doi:10.1137/0320018
 * (projection with an active set). Departs from Byrd et al. 1995 (L-BFGS-B): no Cauchy point; a variable at its bound
 * whose gradient points outwards is held for the iteration.
 *
 * x [d] · g [d] gradient · s, y pairs of steps and gradient changes, the newest `memory`
 */

export interface BoxProblem {
  readonly lower: Float64Array
  readonly upper: Float64Array
  /** Value at x; writes the gradient. A value that is not finite is never accepted. */
  evaluate(x: Float64Array, gradient: Float64Array): number
}

export interface MinimizeOptions {
  /** Default 100. */
  readonly maxIterations?: number
  /** Stops when no component of the projected gradient is larger. Default 1e-6. */
  readonly gradientTolerance?: number
  /** Stops when an iteration lowers the value by less than this share. Default 1e-12. */
  readonly valueTolerance?: number
  /** Largest change of one variable in a first step. Default 0.1 of the box. */
  readonly firstStep?: number
}

export interface Minimum {
  readonly x: Float64Array
  readonly value: number
  readonly evaluationCount: number
  /** Largest component of the projected gradient. */
  readonly gradientNorm: number
}

const MEMORY = 10

export function minimizeInBox(problem: BoxProblem, start: Float64Array, options: MinimizeOptions = {}): Minimum {
  const { maxIterations = 100, gradientTolerance = 1e-6, valueTolerance = 1e-12, firstStep = 0.1 } = options
  const { lower, upper } = problem
  const d = start.length
  let x: Float64Array = start.map((value, i) => Math.min(upper[i], Math.max(lower[i], value)))
  let gradient: Float64Array = new Float64Array(d)
  let value = problem.evaluate(x, gradient)
  let evaluationCount = 1
  const steps: Float64Array[] = []
  const changes: Float64Array[] = []

  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (!Number.isFinite(value)) break
    const held = x.map((u, i) => (isHeld(u, gradient[i], lower[i], upper[i]) ? 1 : 0))
    if (projectedNorm(x, gradient, lower, upper) <= gradientTolerance) break
    let direction = descent(gradient, held, steps, changes)
    let slope = dot(direction, gradient)
    if (!(slope < 0)) {
      steps.length = 0
      changes.length = 0
      direction = gradient.map((g, i) => (held[i] ? 0 : -g))
      slope = dot(direction, gradient)
    }
    let length = steps.length > 0 ? 1 : cautious(direction, lower, upper, firstStep)
    let accepted: { x: Float64Array; gradient: Float64Array; value: number } | undefined
    for (let halving = 0; halving < 25 && !accepted; halving++) {
      const next = x.map((u, i) => Math.min(upper[i], Math.max(lower[i], u + length * direction[i])))
      const nextGradient = new Float64Array(d)
      const nextValue = problem.evaluate(next, nextGradient)
      evaluationCount++
      let gain = 0
      for (let i = 0; i < d; i++) gain += gradient[i] * (next[i] - x[i])
      if (Number.isFinite(nextValue) && nextValue <= value + 1e-4 * gain) {
        accepted = { x: next, gradient: nextGradient, value: nextValue }
      } else {
        length *= backtrack(value, nextValue, slope * length)
      }
    }
    if (!accepted) break
    const step = accepted.x.map((u, i) => u - x[i])
    const change = accepted.gradient.map((g, i) => g - gradient[i])
    const before = value
    x = accepted.x
    gradient = accepted.gradient
    value = accepted.value
    if (dot(step, change) > 1e-10 * dot(change, change)) {
      steps.push(step)
      changes.push(change)
      if (steps.length > MEMORY) {
        steps.shift()
        changes.shift()
      }
    }
    if (before - value <= valueTolerance * Math.max(1, Math.abs(before), Math.abs(value))) break
  }
  return { x, value, evaluationCount, gradientNorm: projectedNorm(x, gradient, lower, upper) }
}

/** -H g over the free variables: the two-loop recursion. */
function descent(
  gradient: Float64Array,
  held: Float64Array,
  steps: Float64Array[],
  changes: Float64Array[],
): Float64Array {
  const q = gradient.map((g, i) => (held[i] ? 0 : g))
  const alphas = new Float64Array(steps.length)
  for (let k = steps.length - 1; k >= 0; k--) {
    alphas[k] = dot(steps[k], q) / dot(steps[k], changes[k])
    for (let i = 0; i < q.length; i++) q[i] -= alphas[k] * changes[k][i]
  }
  const newest = steps.length - 1
  const scale = newest < 0 ? 1 : dot(steps[newest], changes[newest]) / dot(changes[newest], changes[newest])
  for (let i = 0; i < q.length; i++) q[i] *= scale
  for (let k = 0; k < steps.length; k++) {
    const beta = dot(changes[k], q) / dot(steps[k], changes[k])
    for (let i = 0; i < q.length; i++) q[i] += (alphas[k] - beta) * steps[k][i]
  }
  return q.map((value, i) => (held[i] ? 0 : -value))
}

/** The minimum of the parabola through value, slope and the refused value, within [0.1, 0.5]. */
function backtrack(value: number, refused: number, slope: number): number {
  if (!Number.isFinite(refused)) return 0.1
  const share = -slope / (2 * (refused - value - slope))
  return Math.min(0.5, Math.max(0.1, share))
}

function cautious(direction: Float64Array, lower: Float64Array, upper: Float64Array, firstStep: number): number {
  let length = 1
  for (let i = 0; i < direction.length; i++) {
    const range = upper[i] - lower[i]
    const size = Math.abs(direction[i])
    if (size > 0 && range > 0) length = Math.min(length, (firstStep * range) / size)
  }
  return length
}

function isHeld(x: number, g: number, lower: number, upper: number): boolean {
  return (x <= lower && g > 0) || (x >= upper && g < 0)
}

function projectedNorm(x: Float64Array, gradient: Float64Array, lower: Float64Array, upper: Float64Array): number {
  let norm = 0
  for (let i = 0; i < x.length; i++) {
    if (!isHeld(x[i], gradient[i], lower[i], upper[i])) norm = Math.max(norm, Math.abs(gradient[i]))
  }
  return norm
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
