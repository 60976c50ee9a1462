/**
 * `bayesianoptimization`: a Gaussian process of the loss, and the point of largest expected improvement.
 *
 * Sources: Jones et al. 1998 (efficient global optimization), Snoek et al. 2012 (pending trials by fantasies), Ament et al.
 * 2023 (log-EI), Song et al. 2024 (output warping). Departs: two priors take turns, see `model.ts`; once the best loss has
 * stopped improving, every second pair of suggestions asks for an improvement that counts, see `ambitionOf`.
 * Early-stopped trials count with their last value, as Katib's do; failed ones as the worst seen.
 */
import { z } from 'zod'
import { normalQuantile, type Rng, sobolPoint } from '#numerics'
import type { Algorithm, Suggestion, SuggestRequest } from '../algorithm.ts'
import { pickJoint } from '../multivariate-tpe/multivariate-tpe.ts'
import { choiceSetting, integerSetting, randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import { type Observations, observe } from '../tpe/observations.ts'
import { acquire } from './acquire.ts'
import { createAcquisition } from './acquisition.ts'
import { createCriterion } from './criterion.ts'
import { CRITERION_LABEL, hedged } from './hedge.ts'
import { modelOf } from './model.ts'
import { type Posterior, withPending } from './posterior.ts'

const Settings = z.strictObject({
  base_estimator: choiceSetting(['GP'], { default: 'GP', about: 'the model: a Gaussian process' }),
  n_initial_points: integerSetting({ default: 10, min: 0, about: 'Sobol points before the model is asked' }),
  acq_func: choiceSetting(['EI', 'PI', 'LCB', 'gp_hedge'], {
    default: 'EI',
    about: 'expected improvement, its probability, a lower bound, or each by how its trials have done',
  }),
  acq_optimizer: choiceSetting(['auto', 'sampling', 'lbfgs'], {
    default: 'auto',
    about: 'sampling: candidates alone; auto, lbfgs: the best are climbed by gradient',
  }),
  random_state: randomState,
})
type Settings = z.output<typeof Settings>

export const bayesianoptimization: Algorithm<Settings> = {
  name: 'bayesianoptimization',
  about:
    'a Gaussian process with warped outcomes: fewest trials for up to about 20 parameters and a few hundred trials',
  source:
    'Jones et al. 1998; Snoek et al. 2012; Ament et al. 2023, arXiv:2310.20708; Song et al. 2024, arXiv:2408.11527',
  settings: Settings,
  refuses: () => undefined,
  suggest(request) {
    const { problem, settings, history, firstIndex, count, stream } = request
    const observations = observe(history)
    const isEarly = history.finished.length < settings.n_initial_points
    const posterior = isEarly ? undefined : modelOf(createSpace(problem).axes, observations)
    if (posterior) return { suggestions: greedily(posterior, observations, request) }
    const scramble = stream(-1).integer(4294967296)
    const suggestions = Array.from({ length: count }, (_, i) => ({
      point: sobolPoint(firstIndex + i, problem.parameters.length, scramble),
    }))
    return { suggestions }
  },
}

/** Up to here pending trials are fantasised; beyond, each counts as its predicted mean. */
const FANTASISED = 16
const FANTASIES = 16
/** The newest pending trials that enter the matrix: its size costs the square of it. The others are only not repeated. */
const CONDITIONED = 64
/** Points of one ask that the process gives; the rest of a larger batch comes from `multivariate-tpe`, at a fraction of the cost. */
const BATCH = 8

/** One point after another, each pending for the next. */
function greedily(model: Posterior, observations: Observations, request: SuggestRequest<Settings>) {
  const { problem, settings, firstIndex, count, stream, allows } = request
  const space = createSpace(problem)
  const pendingCount = observations.pending.length + count - 1
  const fantasies = pendingCount > 0 && pendingCount <= FANTASISED ? FANTASIES : 1
  const shared = stream(-1)
  let posterior = model
  for (const point of observations.pending.slice(-CONDITIONED))
    posterior = withPending(posterior, point, normals(fantasies, shared))
  const incumbents = observations.ranked.slice(0, 5).map(({ point }) => point)
  const suggestions: Suggestion[] = []
  const modelled = Math.min(count, BATCH)
  for (let i = 0; i < modelled; i++) {
    const rng = stream(firstIndex + i)
    const { acq_func } = settings
    const criterion = acq_func === 'gp_hedge' ? hedged(request.history, stream(-2 - firstIndex - i)) : acq_func
    const acquisition = createAcquisition(
      posterior,
      createCriterion(criterion, bestOf(posterior, ambitionOf(observations, model, firstIndex + i))),
    )
    const point = acquire(acquisition, {
      space,
      inverseSquares: posterior.kernel.inverseSquares,
      incumbents,
      rng,
      climbs: settings.acq_optimizer !== 'sampling',
      allows: candidate =>
        allows(candidate) && !suggestions.some(other => space.keyOf(other.point) === space.keyOf(candidate)),
    })
    suggestions.push(acq_func === 'gp_hedge' ? { point, labels: { [CRITERION_LABEL]: criterion } } : { point })
    if (i + 1 < modelled) posterior = withPending(posterior, point, normals(fantasies, rng))
  }
  while (suggestions.length < count) {
    const pending = [...observations.pending, ...suggestions.map(({ point }) => point)]
    const asked = { ...request, settings: { n_ei_candidates: undefined } }
    suggestions.push({ point: pickJoint({ ...observations, pending }, asked, firstIndex + suggestions.length) })
  }
  return suggestions
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
