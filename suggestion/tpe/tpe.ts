/**
 * `tpe`: tree-structured Parzen estimators, each parameter on its own, as hyperopt does it.
 *
 * Source: Bergstra et al. 2011, section 4; hyperopt's defaults (good quarter of the square root, linear forgetting after
 * 25 trials, 20 trials before the model). Departs: pending trials count as bad, so that parallel asks differ; the first
 * trials are Sobol points; normals are truncated.
 */
import { z } from 'zod'
import { sobolPoint } from '#numerics'
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import { integerSetting, numberSetting, randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'
import { candidates, type Densities } from './candidates.ts'
import { createMixtures, type MixtureSpec } from './mixture.ts'
import { type Observations, observe } from './observations.ts'
import { thinned } from './thinned.ts'

const Settings = z.strictObject({
  gamma: numberSetting({ default: 0.25, min: 0, max: 1, exclusive: true, about: 'good trials: gamma * sqrt(n) of n' }),
  prior_weight: numberSetting({ default: 1, min: 0, exclusive: true, about: 'weight of the prior against one trial' }),
  n_EI_candidates: integerSetting({ default: 24, min: 1, about: 'candidates drawn per parameter' }),
  random_state: randomState,
})
type Settings = z.output<typeof Settings>

const STARTUP_TRIALS = 20
/** Newest trials of full weight, and most good ones: hyperopt's linear forgetting. */
const REMEMBERED = 25

export const tpe: Algorithm<Settings> = {
  name: 'tpe',
  about: "hyperopt's tree-structured Parzen estimators: one parameter at a time, cheap, for any space",
  source: 'Bergstra et al. 2011, Algorithms for hyper-parameter optimization, section 4',
  settings: Settings,
  refuses: () => undefined,
  suggest: request => ({ suggestions: suggestEach(request, STARTUP_TRIALS, pickIndependent) }),
}

type Choose<S> = (observations: Observations, request: SuggestRequest<S>, index: number) => Float64Array

/** One point after another: each sees those before it as pending. Sobol points while too little is known. */
export function suggestEach<S>(request: SuggestRequest<S>, startupTrials: number, pick: Choose<S>): Suggestion[] {
  const { problem, history, firstIndex, count, stream } = request
  const known = observe(history)
  const scramble = stream(-1).integer(4294967296)
  const isEarly = history.finished.length < startupTrials || known.ranked.length < 2
  const suggested: Float64Array[] = []
  for (let i = 0; i < count; i++) {
    const index = firstIndex + i
    const point = isEarly
      ? sobolPoint(index, problem.parameters.length, scramble)
      : pick({ ...known, pending: [...known.pending, ...suggested] }, request, index)
    suggested.push(point)
  }
  return suggested.map(point => ({ point }))
}

function pickIndependent(observations: Observations, request: SuggestRequest<Settings>, index: number): Float64Array {
  const { problem, settings, stream, allows } = request
  const { axes } = createSpace(problem)
  const rng = stream(index)
  const goodCount = Math.min(Math.ceil(settings.gamma * Math.sqrt(observations.ranked.length)), REMEMBERED)
  const good = observations.ranked.slice(0, goodCount)
  const bad = thinned(observations, goodCount, rng)
  const shared = { axes, priorWeight: settings.prior_weight }
  const alone = axes.map((_, j) => [j])
  const goods = createMixtures(weighted(good, shared), alone)
  const bads = createMixtures(weighted(bad, shared), alone)
  const densities = goods.map((mixture, j): Densities => ({ good: mixture, bad: bads[j] }))
  const points = candidates(densities, new Float64Array(axes.length), settings.n_EI_candidates, rng)
  return points.find(allows) ?? points[0]
}

/** Weights rise linearly from the oldest to the newest 25, which count fully. */
function weighted(
  trials: readonly { readonly point: Float64Array; readonly age: number }[],
  shared: Pick<MixtureSpec, 'axes' | 'priorWeight'>,
): Omit<MixtureSpec, 'dimensions'> {
  const n = trials.length
  // Age and index in one number: typed arrays sort several times faster than with a comparator.
  const order = Float64Array.from(trials, ({ age }, i) => age * n + i).sort()
  const weights = new Float64Array(n)
  for (let place = 0; place < n; place++) {
    weights[order[place] % n] =
      place < REMEMBERED ? 1 : 1 / n + ((1 - 1 / n) * (n - 1 - place)) / Math.max(1, n - REMEMBERED - 1)
  }
  return { ...shared, points: trials.map(({ point }) => point), weights, minBandwidth: 1 / Math.min(100, 1 + n) }
}
