import { expect, test } from 'vitest'
import { lastLines } from '../../cli/logs.ts'

test.each([
  ['a\nb\nc\n', 2, 'b\nc\n'],
  ['a\nb\nc', 2, 'b\nc'],
  ['a\n\nc\n', 2, '\nc\n'],
  ['a\n', 5, 'a\n'],
  ['a\n', 0, ''],
  ['', 3, ''],
])('of %j the last %i lines', (text, count, expected) => {
  expect(lastLines(text, count)).toBe(expected)
})
