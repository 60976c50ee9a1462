import { expect, test } from 'vitest'
import { ReportTimes } from '../../cli/machine/report-times.ts'

test('what one side counts the other reads: within each bound, in all, and their sum', () => {
  const read = new ReportTimes()
  const counting = new ReportTimes(read.memory)
  for (const seconds of [0.004, 0.25, 0.3, 60]) counting.observe(seconds)
  const { bounds, counts, count, sum } = read.read()
  expect(counts[bounds.indexOf(0.01)]).toBe(1)
  expect(counts[bounds.indexOf(0.25)]).toBe(2)
  expect(counts[bounds.indexOf(0.5)]).toBe(3)
  expect(counts.at(-1)).toBe(3)
  expect([count, sum]).toEqual([4, 60.554])
})
