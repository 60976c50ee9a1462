/**
 * `gp_hedge`: which criterion goes next, by how the trials of each have done.
 *
 * Source: Hoffman et al. 2011, Portfolio allocation for Bayesian optimization, arXiv:1009.5419, algorithm 2. Departs: a
 * criterion gains what its trials really brought (ranks, so that outliers count no more than others), not predictions.
 */
import { PREFIX } from '#api'
import type { Rng } from '#numerics'
import type { History } from '../history.ts'
import type { CriterionName } from './criterion.ts'

/** On a trial: the criterion that chose it. */
export const CRITERION_LABEL = `${PREFIX}/criterion`
const portfolio: readonly CriterionName[] = ['EI', 'LCB', 'PI']

export function hedged({ finished }: History, rng: Rng): CriterionName {
  const losses = finished.flatMap(({ outcome }) => (outcome.is === 'completed' ? outcome.losses : []))
  const gains = portfolio.map(name => {
    let gain = 0
    for (const { labels, outcome } of finished) {
      if (labels?.[CRITERION_LABEL] !== name || outcome.is !== 'completed') continue
      const better = losses.filter(loss => loss < outcome.losses[0]).length
      gain += 1 - (2 * better) / losses.length
    }
    return gain
  })
  const top = Math.max(...gains)
  const weights = gains.map(gain => Math.exp(gain - top))
  let left = rng.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [i, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return portfolio[i]
  }
  return portfolio[0]
}
