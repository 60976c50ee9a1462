/**
 * `asha`: asynchronous successive halving by promotion. No rung is waited for: a free slot promotes the best trial that is
 * among the best 1/η of its rung so far, highest rung first; if there is none, it starts a new trial on the lowest rung.
 *
 * Source: Li et al. 2020, A system for massively parallel hyperparameter tuning, arXiv:1810.05934, algorithm 2.
 */
import type { Algorithm, Suggestion, SuggestRequest } from '../algorithm.ts'
import type { Propose } from '../hyperband/brackets.ts'
import { standingsOf } from '../hyperband/ended-trials.ts'
import { freshValues } from '../hyperband/fresh-values.ts'
import {
  BRACKET_LABEL,
  HalvingSettings,
  ladderOf,
  PARENT_LABEL,
  RUNG_LABEL,
  refusesHalving,
  withResource,
} from '../hyperband/rungs.ts'

export const asha: Algorithm<HalvingSettings> = {
  name: 'asha',
  about: 'successive halving without waiting: keeps any number of workers busy on the most promising trials',
  settings: HalvingSettings,
  repeats: true,
  searched: withResource,
  refuses: refusesHalving,
  suggest: request => ({ suggestions: suggestByPromotion(request, index => freshValues(request, index)) }),
}

function suggestByPromotion(request: SuggestRequest<HalvingSettings>, propose: Propose): Suggestion[] {
  const { problem, settings, history, firstIndex, count } = request
  const { resourceAxis, rungs } = ladderOf(problem, settings)
  const suggested: (Suggestion & { index: number })[] = []
  while (suggested.length < count) {
    const index = firstIndex + suggested.length
    suggested.push({ ...nextOf(index), index })
  }
  return suggested

  function nextOf(index: number): Suggestion {
    const standings = standingsOf({ finished: history.finished, pending: [...history.pending, ...suggested] })
    for (let k = rungs.length - 2; k >= 0; k--) {
      const { ended } = standings.rung(0, k)
      const promotable = ended
        .slice(0, Math.floor(ended.length / settings.eta))
        .find(trial => trial.outcome.is !== 'failed' && !standings.isPromoted(trial.index))
      if (promotable) return placed(promotable.point, k + 1, promotable.index)
    }
    return placed(propose(index, suggested), 0)
  }

  function placed(point: Float64Array, rung: number, parent?: number): Suggestion {
    const moved = point.slice()
    moved[resourceAxis] = rungs[rung]
    const labels = { [BRACKET_LABEL]: '0', [RUNG_LABEL]: String(rung) }
    return { point: moved, labels: parent === undefined ? labels : { ...labels, [PARENT_LABEL]: String(parent) } }
  }
}
