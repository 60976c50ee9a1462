import { expect, test } from 'vitest'
import { formatRanges, parseRanges } from '../../controller/index-ranges.ts'
import { trialName } from '../../controller/trial-names.ts'

test('no two indexes of an experiment share a name, and it is the same each time', () => {
  const names = new Set(Array.from({ length: 50_000 }, (_, index) => trialName('e', 'uid', index)))
  expect(names.size).toBe(50_000)
  expect(trialName('e', 'uid', 7)).toBe(trialName('e', 'uid', 7))
})

test('another experiment, and another salt, give other names', () => {
  expect(new Set([trialName('e', 'a', 1), trialName('e', 'b', 1), trialName('e', 'a', 1, 1)]).size).toBe(3)
})

test.each([
  [[], ''],
  [[3], '3'],
  [[0, 1, 2, 7], '0-2,7'],
  [[9, 1, 0, 9], '0-1,9'],
])('%j is written %s', (indexes, text) => {
  expect(formatRanges(indexes)).toBe(text)
  expect([...parseRanges(text)]).toEqual([...new Set(indexes)].sort((a, b) => a - b))
})
