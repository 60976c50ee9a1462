import { expect, test } from 'vitest'
import { parseDuration } from '../../cli/input/duration.ts'
import { formatResult } from '../../cli/output/result-format.ts'
import { age, table } from '../../cli/output/table.ts'

test.each([
  [0, '0s'],
  [119_000, '119s'],
  [200_000, '3m20s'],
  [20 * 60_000, '20m'],
  [3 * 3_600_000, '3h'],
  [50 * 3_600_000, '2d2h'],
])('an age of %i ms prints as %s', (milliseconds, text) => {
  expect(age(milliseconds)).toBe(text)
})

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['2', 2_000],
])('%s lasts %i ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each(['', 'soon', '1x', '5m!'])('"%s" is no duration', text => {
  expect(() => parseDuration(text)).toThrow('expected a duration such as')
})

const trial = {
  name: 't',
  objective: 1,
  parameters: { lr: 0.01, 'act-fn': "it's" },
  assignments: [
    { name: 'lr', value: '0.01' },
    { name: 'act-fn', value: "it's" },
  ],
}
test.each([
  ['args', `--lr=0.01 '--act-fn=it'\\''s'`],
  ['env', `LR=0.01\nACT_FN='it'\\''s'`],
  ['json', `{"lr":0.01,"act-fn":"it's"}`],
  ['yaml', `lr: 0.01\nact-fn: it's`],
] as const)('a result as %s', (format, text) => {
  expect(formatResult(trial, format)).toBe(text)
})

test('a table is as wide as its cells and has no trailing blanks', () => {
  expect(table(['A', 'LONG'], [['value', 'x']])).toBe('A      LONG\nvalue  x')
})
