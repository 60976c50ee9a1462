/**
 * `multivariate-tpe`: Parzen estimators over all parameters at once, so that values that go together stay together.
 *
 * Source: Falkner et al. 2018 (product kernels); Watanabe 2023, arXiv:2304.11127, section 5 (the good 15 %, weights by
 * improvement over the threshold, bandwidths down to 3 % of the range). Departs: pending and failed trials count as bad
 * (constant liar); 32 candidates from 9 parameters on; the first trials are Sobol points.
 */
import { z } from 'zod'
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import { integerSetting, randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import { candidates } from '../tpe/candidates.ts'
import { createMixture } from '../tpe/mixture.ts'
import type { Observations } from '../tpe/observations.ts'
import { thinned } from '../tpe/thinned.ts'
import { suggestEach } from '../tpe/tpe.ts'

const Settings = z.strictObject({
  n_startup_trials: integerSetting({ default: 10, min: 0, about: 'finished trials before the model is asked' }),
  n_ei_candidates: integerSetting({ min: 1, about: 'candidates drawn; default 24, 32 from 9 parameters on' }),
  random_state: randomState,
})
type Settings = z.output<typeof Settings>

export const multivariateTpe: Algorithm<Settings> = {
  name: 'multivariate-tpe',
  about: 'Parzen estimators over all parameters jointly: robust, cheap at thousands of trials, any space',
  source: 'Falkner et al. 2018; Watanabe 2023, arXiv:2304.11127',
  settings: Settings,
  refuses: () => undefined,
  suggest: request => ({ suggestions: suggestEach(request, request.settings.n_startup_trials, pickJoint) }),
}

const GOOD_SHARE = 0.15
const MAX_GOOD = 25
const BANDWIDTH_FLOOR = 0.03

export function pickJoint(
  observations: Observations,
  { problem, settings, stream, allows }: SuggestRequest<Pick<Settings, 'n_ei_candidates'>>,
  index: number,
): Float64Array {
  const { axes } = createSpace(problem)
  const rng = stream(index)
  const goodCount = Math.min(Math.ceil(GOOD_SHARE * observations.ranked.length), MAX_GOOD)
  const good = observations.ranked.slice(0, goodCount)
  const bad = thinned(observations, goodCount, rng)
  const shared = { axes, dimensions: axes.map((_, j) => j) }
  const { weights, priorWeight } = improvements(good, observations.ranked[goodCount]?.loss)
  const densities = {
    dimensions: shared.dimensions,
    good: createMixture({
      ...shared,
      points: good.map(({ point }) => point),
      weights,
      priorWeight,
      minBandwidth: floorOf(goodCount),
    }),
    bad: createMixture({
      ...shared,
      points: bad.map(({ point }) => point),
      weights: new Float64Array(bad.length).fill(1),
      priorWeight: 1,
      minBandwidth: floorOf(bad.length),
    }),
  }
  const count = settings.n_ei_candidates ?? (axes.length > 8 ? 32 : 24)
  const points = candidates([densities], new Float64Array(axes.length), count, rng)
  return points.find(allows) ?? points[0]
}

/** The magic clip with exponent 2: wide kernels while little is known. */
function floorOf(trialCount: number): number {
  return Math.max(BANDWIDTH_FLOOR, (2 + trialCount) ** -2)
}

/** By how much each good trial is better than the best of the others; the prior weighs as much as their mean. */
function improvements(good: readonly { readonly loss: number }[], threshold = good.at(-1)?.loss ?? 0) {
  const gains = Float64Array.from(good, ({ loss }) => threshold - loss)
  const scale = gains.reduce((max, gain) => Math.max(max, gain), 0)
  if (!(scale > 0) || !Number.isFinite(scale)) return { weights: gains.fill(1), priorWeight: 1 }
  const weights = gains.map(gain => Math.max(1e-12, gain / scale))
  return { weights, priorWeight: weights.reduce((sum, weight) => sum + weight, 0) / weights.length }
}
