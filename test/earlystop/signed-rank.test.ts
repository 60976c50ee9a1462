import { expect, test } from 'vitest'
import { streamOf } from '#numerics'
import { signedRankP } from '../../earlystop/wilcoxon/signed-rank.ts'

test('Darwin’s maize: W+ = 96 of 15 pairs', () => {
  // Differences of Darwin 1876 as in SciPy's documentation of `wilcoxon`, which gives 0.0206298828125 for `greater`.
  const differences = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
  expect(signedRankP(differences)).toBe(0.0206298828125)
})

test.each([
  ['all worse: one of the 2^n signs', [1, 2, 3, 4], 1 / 16],
  ['all better: certain', [-1, -2, -3], 1],
  ['ties share their rank', [1, 1, -1], 0.5],
  ['zeros say nothing of either side', [0, 0, 1], 0.5],
  ['nothing but zeros', [0, 0], 1],
  ['no pair', [], 1],
  ['infinities are the largest', [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 0.25],
])('%s', (_, differences, p) => {
  expect(signedRankP(differences)).toBeCloseTo(p, 12)
})

test('above 25 pairs the normal is what random signs give, with ties too', () => {
  const differences = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? -1 : 1) * (1 + (i >> 1)))
  const rng = streamOf(1, 'signs', 0)
  // Ranks of pairs 0 1, 2 3, ...: means 1.5, 3.5, ...
  const rank = (i: number) => 2 * (i >> 1) + 1.5
  const positive = (signs: readonly number[]) => signs.reduce((sum, sign, i) => sum + (sign > 0 ? rank(i) : 0), 0)
  const observed = positive(differences)
  const rounds = 5_000
  let atLeast = 0
  for (let k = 0; k < rounds; k++) {
    if (positive(differences.map(() => (rng.uniform() < 0.5 ? -1 : 1))) >= observed) atLeast++
  }
  expect(Math.abs(signedRankP(differences) - atLeast / rounds)).toBeLessThan(0.012)
})
