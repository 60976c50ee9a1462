/**
 * Hyperband without barriers between brackets: a slot that no open bracket can use opens the next one.
 *
 * Within a bracket a rung is judged when all its trials have ended; the best n_(i+1) go on, failed ones never. Brackets run
 * from s_max down to 0 and then again from s_max, for as long as trials are asked for.
 */
import type { SuggestRequest } from '../algorithm.ts'
import type { FinishedTrial, History } from '../history.ts'
import { parentLabels } from '../lineage.ts'
import type { Problem } from '../space.ts'
import type { Suggestion } from '../suggestion.ts'
import { isOpen, standingsOf } from './ended-trials.ts'
import { BRACKET_LABEL, bracketSizes, type HalvingSettings, ladderOf, RUNG_LABEL } from './rungs.ts'

/** The values of a new trial; its resource is set by the rung. */
export type Propose = (index: number, taken: readonly Suggestion[]) => Float64Array

export function suggestByBrackets(request: SuggestRequest<HalvingSettings>, propose: Propose): Suggestion[] {
  const { problem, settings, history, firstIndex, count } = request
  const { resourceAxis, sMax, rungs } = ladderOf(problem, settings)
  const suggested: (Suggestion & { index: number })[] = []
  while (suggested.length < count) {
    const index = firstIndex + suggested.length
    suggested.push({ ...nextOf(index), index })
  }
  return suggested

  function nextOf(index: number): Suggestion {
    const standings = standingsOf({ finished: history.finished, pending: [...history.pending, ...suggested] })
    for (let bracket = 0; ; bracket++) {
      const s = sMax - (bracket % (sMax + 1))
      const sizes = bracketSizes(s, sMax, settings.eta)
      if (standings.rung(bracket, 0).size < sizes[0]) return placed(propose(index, suggested), bracket, 0, s)
      for (let i = 0; i < s; i++) {
        const { ended, size } = standings.rung(bracket, i)
        if (ended.length < size || size === 0) break
        const winner = ended.slice(0, sizes[i + 1]).find(isOpen(standings))
        if (winner) return placed(winner.point, bracket, i + 1, s, winner)
      }
    }
  }

  function placed(point: Float64Array, bracket: number, rung: number, s: number, parent?: FinishedTrial): Suggestion {
    const moved = point.slice()
    moved[resourceAxis] = rungs[sMax - s + rung]
    const labels = { [BRACKET_LABEL]: String(bracket), [RUNG_LABEL]: String(rung), ...parentLabels(parent) }
    return { point: moved, labels, ...(parent ? { because: promotion(parent, rung) } : {}) }
  }
}

/** Of a rung that is judged its winners, of one that is not any of its trials. */
export function mayBePromoted(problem: Problem, settings: HalvingSettings, history: History): ReadonlySet<number> {
  const { sMax } = ladderOf(problem, settings)
  const standings = standingsOf(history)
  const found = new Set<number>()
  for (let bracket = 0; bracket < standings.bracketCount; bracket++) {
    const s = sMax - (bracket % (sMax + 1))
    const sizes = bracketSizes(s, sMax, settings.eta)
    for (let i = 0; i < s; i++) {
      const { ended, size } = standings.rung(bracket, i)
      const isJudged = ended.length === size && size >= sizes[i]
      for (const trial of isJudged ? ended.slice(0, sizes[i + 1]) : ended)
        if (isOpen(standings)(trial)) found.add(trial.index)
    }
  }
  return found
}

/** Why a trial goes on, for its Trial. */
export function promotion(parent: FinishedTrial, rung: number): string {
  return `goes on from trial ${parent.index}, which is among the best of rung ${rung - 1}, with more of the resource`
}
