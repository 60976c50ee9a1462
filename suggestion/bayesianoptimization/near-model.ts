/**
 * The process of the trials nearest to the best alone, and the box they span: near an optimum an objective is smoother than
 * everywhere, and what it does far away says nothing of where to step next.
 *
 * Source: the local process of Eriksson et al. 2019, arXiv:1910.01739, section 2. Departs: the neighbours are a number that
 * goes with the dimension, not those within a box whose side is a state.
 */
import type { Axis } from '../axis.ts'
import type { Observations } from '../tpe/observations.ts'
import { createDistances } from './covariance.ts'
import { inputsOf, isSmooth, outcomesOf, rememberedFit } from './model.ts'
import { createPosterior, type Posterior } from './posterior.ts'
import type { Box } from './trust-region.ts'

/** Neighbours per parameter, at least 20, and how many times as many trials there must be: else they are nearly all. */
const NEIGHBOURS = 4
const FEWEST = 20
const ENOUGH = 1.5

/** Near by the length scales of `wide`, the process of all trials. `undefined`: not such a space, too few trials, or all equal. */
export function nearModelOf(
  axes: readonly Axis[],
  { ranked }: Observations,
  wide: Posterior,
): { posterior: Posterior; box: Box } | undefined {
  const count = Math.max(FEWEST, NEIGHBOURS * axes.length)
  if (ranked.length < ENOUGH * count || !isSmooth(axes)) return undefined
  const all = inputsOf(axes, ranked)
  const distances = new Float64Array(ranked.length)
  createDistances(all, wide.kernel.inverseSquares)(ranked[0].point, distances)
  const reach = distances.slice().sort()[count]
  const near = ranked.filter((_, a) => distances[a] <= reach)
  if (near[0].loss === near[near.length - 1].loss) return undefined
  const inputs = inputsOf(axes, near)
  const y = outcomesOf(near, 'yeo-johnson')
  const fit = rememberedFit(inputs, y, { prior: 'dimension-scaled', hasSum: false })
  const posterior = fit && createPosterior(inputs, y, fit.kernel)
  return posterior && { posterior, box: boxOf(posterior) }
}

/** From the lowest to the highest place on each axis. */
function boxOf({ inputs: { n, d, x } }: Posterior): Box {
  const lower = new Float64Array(d)
  const upper = new Float64Array(d)
  for (let i = 0; i < d; i++) {
    const places = Float64Array.from({ length: n }, (_, a) => x[a * d + i]).sort()
    lower[i] = places[0]
    upper[i] = places[n - 1]
  }
  return { lower, upper }
}
