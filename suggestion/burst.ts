/**
 * Points asked for in a row with nothing learned in between: all of one ask, or of many asks of one.
 *
 * What is dear is the model, and after a few points of a row it says little that it has not said. So an algorithm may give
 * the first points of a row by the model and the rest at a fraction of the cost, however the row is cut into asks. Every
 * point carries how many trials had ended when it was asked for: those in flight with the number of now are the row so far.
 */
import { PREFIX } from '#api'
import type { History } from './history.ts'
import type { Suggestion } from './suggestion.ts'

/** On a trial: how many trials of the search had ended when it was suggested. */
export const ENDED_BEFORE_LABEL = `${PREFIX}/ended-before`

/** How many points of the row are in flight: the place of the next one, from 0. */
export function placeInBurst({ finished, pending }: History): number {
  const now = String(finished.length)
  return pending.filter(({ labels }) => labels?.[ENDED_BEFORE_LABEL] === now).length
}

export function inBurst<S extends Suggestion>(suggestion: S, { finished }: History): S {
  return { ...suggestion, labels: { ...suggestion.labels, [ENDED_BEFORE_LABEL]: String(finished.length) } }
}
