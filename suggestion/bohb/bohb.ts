/**
 * `bohb`: Hyperband whose new trials come from densities of good and bad trials, at the largest resource that has enough.
 *
 * Source: Falkner et al. 2018, BOHB, arXiv:1807.01774: d + 2 trials on a side, every third trial at random. Departs: the
 * densities are those of `multivariate-tpe`, and the brackets are asynchronous.
 */
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import { mayBePromoted, suggestByBrackets } from '../hyperband/brackets.ts'
import { freshValues } from '../hyperband/fresh-values.ts'
import { atRandom } from '../hyperband/hyperband.ts'
import { HalvingSettings, ladderOf, refusesHalving, withResource } from '../hyperband/rungs.ts'
import { pickJoint } from '../multivariate-tpe/multivariate-tpe.ts'
import type { Suggestion } from '../suggestion.ts'
import { observe } from '../tpe/observations.ts'

export const bohb: Algorithm<HalvingSettings> = {
  name: 'bohb',
  about: 'hyperband with a model: new trials where the best trials of the largest resource were',
  source: 'Falkner et al. 2018, arXiv:1807.01774',
  needs: 'the setting resource_name to name a parameter of type int or double, and r_l not below its minimum',
  settings: HalvingSettings,
  repeats: true,
  searched: withResource,
  refuses: refusesHalving,
  suggest: request => ({ suggestions: suggestByBrackets(request, (index, taken) => modelled(request, index, taken)) }),
  withoutModel: atRandom,
  mayContinue: mayBePromoted,
}

/** Share of new trials drawn at random, so that Hyperband's guarantees stay. */
const RANDOM_SHARE = 1 / 3

function modelled(request: SuggestRequest<HalvingSettings>, index: number, taken: readonly Suggestion[]): Float64Array {
  const { problem, settings, history, stream } = request
  const { resourceAxis, rungs } = ladderOf(problem, settings)
  const needed = 2 * (problem.parameters.length + 1)
  const at = (resource: number) => history.finished.filter(({ point }) => point[resourceAxis] === resource)
  const level = rungs.findLast(
    resource => at(resource).filter(({ outcome }) => outcome.is !== 'failed').length >= needed,
  )
  if (level === undefined || stream(-2 - index).uniform() < RANDOM_SHARE) return freshValues(request, index)
  const { ranked, failed } = observe({ finished: at(level), pending: [] })
  const atLevel = ({ point }: Pick<Suggestion, 'point'>) => point.map((u, i) => (i === resourceAxis ? level : u))
  const pending = [...history.pending, ...taken].map(atLevel)
  return pickJoint({ ranked, failed, pending }, { ...request, settings: { n_ei_candidates: 64 } }, index)
}
