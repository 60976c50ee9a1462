/**
 * Steps that keep moving on grids: the standard deviation along an integer never falls below what leaves its cell now and
 * then, else an integer freezes while the others still move.
 *
 * Source: Hamano et al. 2022, CMA-ES with margin, arXiv:2205.13482. Departs: the deviation is widened when a step is drawn
 * and the widening taken back before the update, instead of correcting mean and covariance after it.
 */
import { normalQuantile, type Rng } from '#numerics'
import type { Space } from '../space.ts'
import { stepOf } from './evolution.ts'
import { axisSplit, type Run } from './run-state.ts'

/** By what each number's step is widened, >= 1. */
export function margins({ evolution }: Run, space: Space): Float64Array {
  const { numbers } = axisSplit(space)
  const d = numbers.length
  const alpha = 1 / (d * evolution.lambda)
  const reach = -normalQuantile(Math.min(0.4, alpha))
  return Float64Array.from(numbers, (i, j) => {
    const axis = space.axes[i]
    if (axis.levels === Number.POSITIVE_INFINITY || axis.levels < 2) return 1
    const deviation = evolution.sigma * Math.sqrt(evolution.covariance[j * d + j])
    return Math.max(1, 0.5 / axis.levels / reach / deviation)
  })
}

const BOUND_TRIES = 100

/** A raw place x of the numbers inside the box (the 100th draw is clipped), and its step y without the widening. */
export function drawStep({ evolution }: Run, scales: Float64Array, space: Space, rng: Rng) {
  const { numbers } = axisSplit(space)
  for (let attempt = 0; ; attempt++) {
    const y = stepOf(
      evolution,
      Float64Array.from(numbers, () => rng.normal()),
    )
    const raw = y.map((step, j) => evolution.mean[j] + evolution.sigma * scales[j] * step)
    if (raw.every(u => u >= 0 && u <= 1)) return { x: raw, y }
    if (attempt < BOUND_TRIES) continue
    const x = raw.map(u => Math.min(1, Math.max(0, u)))
    return { x, y: x.map((u, j) => (u - evolution.mean[j]) / (evolution.sigma * scales[j])) }
  }
}
