/**
 * The signed-rank test of paired differences, one-sided: how likely so large a sum of positive ranks is by chance.
 *
 * Wilcoxon 1945, "Individual comparisons by ranking methods", doi:10.2307/3001968. Equal sizes share their mean rank; zeros
 * are ranked and give half of their rank to either side. The null distribution is that of random signs on the ranks that
 * are there: exact by dynamic programming up to 25 pairs, above by a normal with the variance of those ranks, which is the
 * usual correction for ties, and half a rank of continuity.
 */
import { normalCdf } from '#numerics'

/** P(W+ >= observed) when both signs are equally likely. 1 for no pairs. */
export function signedRankP(differences: readonly number[]): number {
  const doubled = doubledRanks(differences.map(Math.abs))
  const signed = doubled.filter((_, i) => differences[i] !== 0)
  const positive = doubled.reduce((sum, rank, i) => sum + (differences[i] > 0 ? rank : 0), 0)
  // Zeros give the same to either side, whatever the signs: they move the ranks of the others and no more.
  return differences.length <= EXACT_PAIRS ? exact(signed, positive) : normal(signed, positive)
}

const EXACT_PAIRS = 25

/** Twice the mean ranks, so that they are integers. */
function doubledRanks(sizes: readonly number[]): number[] {
  const order = sizes.map((_, i) => i).sort((a, b) => (sizes[a] < sizes[b] ? -1 : Number(sizes[a] > sizes[b])))
  const ranks = new Array<number>(sizes.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && sizes[order[end]] === sizes[order[start]]) end++
    for (let k = start; k < end; k++) ranks[order[k]] = start + end + 1
    start = end
  }
  return ranks
}

/** Share of the 2^n signs whose positive ranks sum to at least `observed`. */
function exact(ranks: readonly number[], observed: number): number {
  let probabilities = [1]
  for (const rank of ranks) {
    const next = new Array<number>(probabilities.length + rank).fill(0)
    for (const [sum, probability] of probabilities.entries()) {
      next[sum] += probability / 2
      next[sum + rank] += probability / 2
    }
    probabilities = next
  }
  return probabilities.slice(observed).reduce((sum, probability) => sum + probability, 0)
}

function normal(ranks: readonly number[], observed: number): number {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2
  return deviation === 0 ? 1 : normalCdf(-(observed - 1 - mean) / deviation)
}
