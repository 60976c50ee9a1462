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
import type { Algorithm } from '../algorithm.ts'
import { choiceSetting, integerSetting, randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import { observe } from '../tpe/observations.ts'
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
    const { problem, settings, history, firstIndex, count, stream } = request
    const observations = observe(history)
    const isEarly = history.finished.length < settings.n_initial_points
    const model = isEarly ? undefined : modelOf(createSpace(problem).axes, observations)
    if (model) return { suggestions: greedily(model, observations, request) }
    const scramble = stream(-1).integer(4294967296)
    const suggestions = Array.from({ length: count }, (_, i) => ({
      point: sobolPoint(firstIndex + i, problem.parameters.length, scramble),
    }))
    return { suggestions }
  },
}
