/**
 * The points of one ask, one after another, each pending for the next, and whose turn it is.
 *
 * | index | looks |
 * | --- | --- |
 * | 1 of 4 | near the best trial, by the process of its neighbours alone: see `near-model.ts` |
 * | 2, 3 of 4 | everywhere; for an improvement that counts, once the best loss has stopped improving |
 * | 0 of 4 | everywhere, for any improvement |
 * | the last eighth of the budget, numbers alone | where the least loss is predicted, with `EI` and nothing in flight |
 * | the same, else | near the best trial, unless losses are seen by their logarithms |
 *
 * What is looked for everywhere, or where little is known, pays off later, and there is no later in the end. While a trial is in
 * flight the least loss is predicted where that trial is. By logarithms the process of all trials sees the smallest differences
 * near the best itself.
 *
 * Everywhere becomes a box around the best trial where long nothing better was found: see `trust-region.ts`.
 */
import { normalQuantile, type Rng } from '#numerics'
import type { SuggestRequest } from '../algorithm.ts'
import { createSpace } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'
import type { Observations } from '../tpe/observations.ts'
import { acquire } from './acquire.ts'
import { createAcquisition } from './acquisition.ts'
import { type CriterionName, createCriterion } from './criterion.ts'
import { CRITERION_LABEL, hedged } from './hedge.ts'
import { isSmooth, warpOf } from './model.ts'
import { nearModelOf } from './near-model.ts'
import { type Posterior, withPending } from './posterior.ts'
import { type Box, boxAround, regionAfter } from './trust-region.ts'
import type { WarpName } from './warp.ts'

/** Up to here pending trials are fantasised; beyond, each counts as its predicted mean. */
const FANTASISED = 16
const FANTASIES = 16
/** The newest pending trials that enter the matrix: its size costs the square of it. The others are only not repeated. */
const CONDITIONED = 64

interface BatchSettings {
  readonly n_initial_points: number
  readonly acq_func: CriterionName | 'gp_hedge'
  readonly acq_optimizer: 'auto' | 'sampling' | 'lbfgs'
}

/** A process that pending trials are added to, and where to look by it. */
interface Look {
  readonly posterior: Posterior
  readonly box: Box | undefined
}

export function greedily(
  model: Posterior,
  observations: Observations,
  request: SuggestRequest<BatchSettings>,
): Suggestion[] {
  const { problem, settings, firstIndex, count, stream, allows } = request
  const space = createSpace(problem)
  const pendingCount = observations.pending.length + count - 1
  const fantasies = pendingCount > 0 && pendingCount <= FANTASISED ? FANTASIES : 1
  const indexes = Array.from({ length: count }, (_, i) => firstIndex + i)
  const shared = stream(-1)
  const smooth = isSmooth(space.axes)
  const trusted = smooth ? trustedBox(observations, model, settings.n_initial_points) : undefined
  let wide: Look = { posterior: model, box: trusted }
  const settles = smooth && pendingCount === 0 && settings.acq_func === 'EI'
  const turnOf = turnsOf(problem.maxTrialCount, settles, warpOf(space.axes, observations.ranked))
  let near = indexes.some(index => turnOf(index) === 'near') ? nearModelOf(space.axes, observations, model) : undefined
  const add = (point: Float64Array, rng: Rng) => {
    wide = grown(wide, point, normals(fantasies, rng))
    if (near) near = grown(near, point, normals(fantasies, rng))
  }
  for (const point of observations.pending.slice(-CONDITIONED)) add(point, shared)
  const incumbents = observations.ranked.slice(0, 5).map(({ point }) => point)
  const suggestions: Suggestion[] = []
  for (const index of indexes) {
    const rng = stream(index)
    const { acq_func } = settings
    const turn = turnOf(index)
    const chosen = acq_func === 'gp_hedge' ? hedged(request.history, stream(-2 - index)) : acq_func
    const criterion = turn === 'least' ? 'mean' : chosen
    const { posterior, box } = (turn === 'near' ? near : undefined) ?? wide
    const ambition = posterior === wide.posterior ? ambitionOf(observations, model, index) : 0
    const point = acquire(createAcquisition(posterior, createCriterion(criterion, bestOf(posterior, ambition))), {
      space,
      inverseSquares: posterior.kernel.inverseSquares,
      incumbents,
      rng,
      box,
      climbs: settings.acq_optimizer !== 'sampling',
      allows: candidate =>
        allows(candidate) && !suggestions.some(other => space.keyOf(other.point) === space.keyOf(candidate)),
    })
    suggestions.push(acq_func === 'gp_hedge' ? { point, labels: { [CRITERION_LABEL]: criterion } } : { point })
    if (suggestions.length < count) add(point, rng)
  }
  return suggestions
}

/** Share of the budget, at its end, that is spent near the best. */
const LAST = 1 / 8

/** `settles`: whether the end goes to where the least loss is predicted. */
function turnsOf(maxTrialCount: number | undefined, settles: boolean, warp: WarpName) {
  const last = maxTrialCount === undefined ? Number.POSITIVE_INFINITY : (1 - LAST) * maxTrialCount
  return (index: number): 'wide' | 'near' | 'least' => {
    if (index >= last && settles) return 'least'
    return index % 4 === 1 || (index >= last && warp !== 'log') ? 'near' : 'wide'
  }
}

function grown<L extends Look>(look: L, point: Float64Array, drawn: readonly number[]): L {
  return { ...look, posterior: withPending(look.posterior, point, drawn) }
}

/** One per fantasy, a stratum each, in random order; one fantasy alone is the mean. */
function normals(count: number, rng: Rng): number[] {
  if (count === 1) return [0]
  return rng.permutation(count).map(stratum => normalQuantile((stratum + 0.5) / count))
}

/** Lowest outcome of each fantasy, less what an improvement must exceed. */
function bestOf(posterior: Posterior, ambition: number): number[] {
  return posterior.outcomes.map(
    outcome => outcome.reduce((min, y) => Math.min(min, y), Number.POSITIVE_INFINITY) - ambition,
  )
}

/**
 * By how many deviations of the outcomes a trial must improve to count as one: 0 as a rule. Where the last ten trials gained
 * next to nothing, a tenth in two of four suggestions: then only places that may hold more than polish are worth a trial.
 */
function ambitionOf({ ranked }: Observations, model: Posterior, index: number): number {
  if (ranked.length < 25 || index % 4 < 2) return 0
  const y = model.outcomes[0]
  const before = ranked.findIndex(({ age }) => age >= 10)
  return y[before] - y[0] < 0.02 ? 0.1 : 0
}

/** Around the best trial, where the whole space has brought nothing better for long. */
function trustedBox({ ranked }: Observations, { kernel }: Posterior, startupTrials: number): Box | undefined {
  const d = ranked[0].point.length
  const inTurn = [...ranked].sort((a, b) => b.age - a.age).slice(startupTrials)
  const losses = Float64Array.from(inTurn, ({ loss }) => loss)
  const region = regionAfter(losses, d)
  return region && boxAround(ranked[0].point, region.side, kernel.inverseSquares)
}
