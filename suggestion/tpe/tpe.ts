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
import type { MixtureSpec } from './components.ts'
import { createMixtures } from './mixture.ts'
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
  const densities = goods.map((good, j): Densities => ({ good, bad: bads[j], dimensions: alone[j] }))
  const points = candidates(densities, new Float64Array(axes.length), settings.n_EI_candidates, rng)
  return points.find(allows) ?? points[0]
}

/** Weights rise linearly from the oldest to the newest 25, which count fully. */
function weighted(
  trials: readonly { readonly point: Float64Array; readonly age: number }[],
  shared: Pick<MixtureSpec, 'axes' | 'priorWeight'>,
): Omit<MixtureSpec, 'dimensions'> {
  const n = trials.length
  const places = placesByAge(trials)
  const step = (1 - 1 / n) / Math.max(1, n - REMEMBERED - 1)
  const weights = new Float64Array(n)
  for (let i = 0; i < n; i++) weights[i] = places[i] < REMEMBERED ? 1 : 1 / n + step * (n - 1 - places[i])
  return { ...shared, points: trials.map(({ point }) => point), weights, minBandwidth: 1 / Math.min(100, 1 + n) }
}

/** How many are newer than each; of one age, those that come first. Ages are small integers, so they are counted. */
function placesByAge(trials: readonly { readonly age: number }[]): Uint32Array {
  let oldest = 0
  for (const { age } of trials) if (age > oldest) oldest = age
  const next = new Uint32Array(oldest + 2)
  for (const { age } of trials) next[age + 1]++
  for (let age = 1; age <= oldest; age++) next[age] += next[age - 1]
  return Uint32Array.from(trials, ({ age }) => next[age]++)
}
