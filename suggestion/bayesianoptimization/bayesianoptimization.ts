/**
 * `bayesianoptimization`: a Gaussian process of the loss, and the point of largest expected improvement.
 *
 * Sources: Jones et al. 1998 (efficient global optimization), Snoek et al. 2012 (pending trials by fantasies), Ament et al.
 * 2023 (log-EI), Song et al. 2024 (output warping). Departs: the warp is chosen by evidence and two priors take turns, see
 * `model.ts`; what takes turns in a batch and over time, see `batch.ts`.
 * Early-stopped trials count with their last value, as Katib's do; failed ones as the worst seen.
 */
import { z } from 'zod'
import { sobolPoint } from '#numerics'
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import { inBurst, placeInBurst } from '../burst.ts'
import { pickJoint } from '../multivariate-tpe/multivariate-tpe.ts'
import { choiceSetting, integerSetting, randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'
import { type Observations, observe } from '../tpe/observations.ts'
import { greedily } from './batch.ts'
import { modelOf } from './model.ts'

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
    const { problem, settings, history, count } = request
    const observations = observe(history)
    if (history.finished.length < settings.n_initial_points) return { suggestions: evenly(request) }
    const modelled = Math.min(count, Math.max(0, BATCH - placeInBurst(history)))
    const model = modelled > 0 ? modelOf(createSpace(problem).axes, observations) : undefined
    if (!model && modelled > 0) return { suggestions: evenly(request) }
    const dear = model ? greedily(model, observations, { ...request, count: modelled }) : []
    const suggestions = [...dear, ...cheaply(observations, request, dear)]
    return { suggestions: suggestions.map(suggestion => inBurst(suggestion, history)) }
  },
}

/** Points with nothing learned in between that the process gives: its matrix grows by each, and they all look alike. */
const BATCH = 8

function evenly({ problem, firstIndex, count, stream }: SuggestRequest<Settings>): Suggestion[] {
  const scramble = stream(-1).integer(4294967296)
  return Array.from({ length: count }, (_, i) => ({
    point: sobolPoint(firstIndex + i, problem.parameters.length, scramble),
  }))
}

/** The rest of a large batch, as `multivariate-tpe` gives it. */
function cheaply(
  observations: Observations,
  request: SuggestRequest<Settings>,
  before: readonly Suggestion[],
): Suggestion[] {
  const suggestions = [...before]
  const asked = { ...request, settings: { n_ei_candidates: undefined } }
  while (suggestions.length < request.count) {
    const pending = [...observations.pending, ...suggestions.map(({ point }) => point)]
    suggestions.push({ point: pickJoint({ ...observations, pending }, asked, request.firstIndex + suggestions.length) })
  }
  return suggestions.slice(before.length)
}
