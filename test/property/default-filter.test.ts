import { expect, test } from 'vitest'
import { scanAssignments } from '../../collector/log/default-filter.ts'

/** Katib's default filter in JavaScript's spelling; RE2's \s has no vertical tab and no Unicode spaces. */
const KATIB = /([A-Za-z0-9_|-]+)[\t\n\f\r ]*=[\t\n\f\r ]*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)/g
const PIECES = [
  'a',
  'loss',
  'b_1',
  '|',
  '-',
  '=',
  '=',
  ' ',
  '\t',
  '1',
  '23',
  '.',
  '+',
  'e',
  'E',
  '5',
  'x',
  '/',
  'é',
  '\v',
]
const SEED = 20260101

test('the hand scanner finds the same names, at the same places, as the regular expression', () => {
  let state = SEED
  const next = (below: number) => {
    // Mulberry32, so that a failing case can be found again by its seed.
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
  for (let round = 0; round < 200_000; round++) {
    const line = Array.from({ length: 1 + next(14) }, () => PIECES[next(PIECES.length)]).join('')
    const found: string[] = []
    scanAssignments(line, [], (name, _value, valueStart) => found.push(`${name}@${valueStart}`))
    const wanted = [...line.matchAll(KATIB)].map(
      match => `${match[1]}@${match.index + match[0].length - match[2].length}`,
    )
    if (found.join() !== wanted.join())
      expect({ seed: SEED, round, line, found }).toEqual({ seed: SEED, round, line, found: wanted })
  }
})

test('no line makes it slow: a megabyte of any of these takes less than a second', () => {
  for (const piece of ['a', ' ', '=', 'a ', ' =', 'a=', '=1', 'a=1e', '1', '.', 'a = - '])
    expect(scanMs(piece.repeat(1_000_000 / piece.length))).toBeLessThan(1_000)
})

function scanMs(line: string): number {
  const begin = performance.now()
  scanAssignments(line, ['odd/name', 'val loss'], () => {})
  return performance.now() - begin
}
