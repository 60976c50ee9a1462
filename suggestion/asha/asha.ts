/**
 * `asha`: asynchronous successive halving by promotion. No rung is waited for: a free slot promotes the best trial that is
 * among the best 1/η of its rung so far, highest rung first; if there is none, it starts a new trial on the lowest rung.
 *
 * Source: Li et al. 2020, A system for massively parallel hyperparameter tuning, arXiv:1810.05934, algorithm 2.
 */
import type { Algorithm, SuggestRequest } from '../algorithm.ts'
import type { FinishedTrial } from '../history.ts'
import { type Propose, promotion } from '../hyperband/brackets.ts'
import { isOpen, standingsOf } from '../hyperband/ended-trials.ts'
import { freshValues } from '../hyperband/fresh-values.ts'
import {
  BRACKET_LABEL,
  HalvingSettings,
  ladderOf,
  RUNG_LABEL,
  refusesHalving,
  withResource,
} from '../hyperband/rungs.ts'
import { parentLabels } from '../lineage.ts'
import type { Suggestion } from '../suggestion.ts'

export const asha: Algorithm<HalvingSettings> = {
  name: 'asha',
  about: 'successive halving without waiting: keeps any number of workers busy on the most promising trials',
  source: 'Li et al. 2020, arXiv:1810.05934, algorithm 2',
  needs: 'the setting resource_name to name a parameter of type int or double, and r_l not below its minimum',
  settings: HalvingSettings,
  repeats: true,
  searched: withResource,
  refuses: refusesHalving,
  suggest: atRandom,
  withoutModel: atRandom,
  /** More trials of a rung make room for more promotions from it: any that was not promoted may be. */
  mayContinue(problem, settings, history) {
    const standings = standingsOf(history)
    const { rungs } = ladderOf(problem, settings)
    const below = rungs.slice(0, -1).flatMap((_, k) => standings.rung(0, k).ended)
    return new Set(below.filter(isOpen(standings)).map(({ index }) => index))
  },
}

function atRandom(request: SuggestRequest<HalvingSettings>) {
  return { suggestions: suggestByPromotion(request, index => freshValues(request, index)) }
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
      const promotable = ended.slice(0, Math.floor(ended.length / settings.eta)).find(isOpen(standings))
      if (promotable) return placed(promotable.point, k + 1, promotable)
    }
    return placed(propose(index, suggested), 0)
  }

  function placed(point: Float64Array, rung: number, parent?: FinishedTrial): Suggestion {
    const moved = point.slice()
    moved[resourceAxis] = rungs[rung]
    const labels = { [BRACKET_LABEL]: '0', [RUNG_LABEL]: String(rung), ...parentLabels(parent) }
    return { point: moved, labels, ...(parent ? { because: promotion(parent, rung) } : {}) }
  }
}
