import { expect, test } from 'vitest'
import { type RaceRow, report, rowFrom, rowText } from '../../bench/search-report.ts'

const row = (problem: string, algorithm: string, seed: number, best: number): RaceRow => ({
  problem,
  algorithm,
  seed,
  trials: 20,
  best: [best + 1, best],
  cpuMs: 2,
})

test('a row is the same after it was written and read', () => {
  const written = row('branin', 'auto', 3, 0.5)
  expect(rowFrom(rowText(written))).toEqual(written)
})

test('half of the way from random search to the optimum is 0.5, and the intervals hold it', () => {
  const rows = [1, 2, 3].flatMap(seed => [
    row('ackley10', 'random', seed, 8),
    row('ackley10', 'auto', seed, 2 + seed),
    row('ackley10', 'tpe', seed, 6),
  ])
  const lines = report(rows).split('\n')
  expect(lines[1]).toBe(
    'ackley10 | 8.0000 1.000 [1.000, 1.000] | 4.0000 0.500 [0.375, 0.625] | 6.0000 0.750 [0.750, 0.750]',
  )
  expect(lines).toContainEqual(expect.stringMatching(/^auto: mean normalised regret 0\.500 .* mean rank 1\.00/))
  expect(lines).toContainEqual(expect.stringMatching(/^auto against tpe: -0\.250 .* over 3 pairs/))
})

test('a peer that refuses a space is judged where it ran, and it says where', () => {
  const rows = [
    row('ackley10', 'random', 1, 8),
    row('ackley10', 'peer', 1, 4),
    row('levy8shift', 'random', 1, 8),
    row('levy8shift', 'auto', 1, 4),
  ]
  const text = report(rows)
  expect(text).toContain('levy8shift | 8.0000 1.000 [1.000, 1.000] | - | 4.0000')
  expect(text).toMatch(/^peer: mean normalised regret 0\.500 \[0\.500, 0\.500\] on 1 of 2 problems/m)
  expect(text).not.toContain('NaN')
})
