import { expect, test } from 'vitest'
import { curveNumber, finiteNumber } from '#api'
import { downSample } from '../../store/observations/down-sample.ts'
import { summarise } from '../../store/observations/series.ts'
import { thin } from '../../store/observations/thinning.ts'

test.each(['0', '-1', '+1.5', '1.', '.5', '1e5', '1E-5', '-.5e+3', '007'])('%s is a number', text => {
  expect(finiteNumber(text)).toBe(Number(text))
  expect(curveNumber(text)).toBe(Number(text))
})

test.each(['', ' ', ' 1', '1 ', '1,5', '0x1', '1_0', '.', '-', 'e5', '1e', 'nan', '--1', '1\n', '١'])(
  '%j is no number',
  text => {
    expect(finiteNumber(text)).toBeUndefined()
    expect(curveNumber(text)).toBeNaN()
  },
)

test.each([
  ['inf', Number.POSITIVE_INFINITY],
  ['+Infinity', Number.POSITIVE_INFINITY],
  ['-INF', Number.NEGATIVE_INFINITY],
  ['1e999', Number.POSITIVE_INFINITY],
])('%s is infinite in a curve and takes no part in min and max', (text, number) => {
  expect(finiteNumber(text)).toBeUndefined()
  expect(curveNumber(text)).toBe(number)
})

test('a curve that is short enough stays as it is', () => {
  expect(downSample([3, 1, 2], 3)).toEqual([0, 1, 2])
  expect(downSample([3, 1, 2, 4], 1)).toEqual([0, 1, 2, 3])
  expect(downSample([], 10)).toEqual([])
})

test.each([4, 5, 10, 99, 500])(
  'down-sampled to %i points: no more, first, last, min and max kept, order kept',
  maxPoints => {
    const values = Array.from({ length: 1_000 }, (_, i) => (i % 97 === 5 ? Number.NaN : (i * 7919) % 1_009))
    const kept = downSample(values, maxPoints)
    const finite = values.filter(Number.isFinite)
    expect(kept.length).toBeLessThanOrEqual(maxPoints)
    expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b))
    expect([kept[0], kept.at(-1)]).toEqual([0, 999])
    expect(kept.map(i => values[i])).toEqual(expect.arrayContaining([Math.min(...finite), Math.max(...finite)]))
  },
)

test('a curve without a finite value is down-sampled too', () => {
  const kept = downSample(new Array<number>(100).fill(Number.NaN), 10)
  expect([kept[0], kept.at(-1)]).toEqual([0, 99])
  expect(kept.length).toBeLessThanOrEqual(10)
})

test('thinning keeps about half, evenly, and what matters exactly', () => {
  const rows = Array.from({ length: 1_001 }, (_, i) => ({
    sequence: i * i,
    number: i === 613 ? -1 : i === 77 ? 9 : i % 5,
  }))
  const kept = thin(rows)
  expect(kept.length).toBeLessThanOrEqual(504)
  expect(kept).toEqual(expect.arrayContaining([rows[0], rows[1_000], rows[613], rows[77]]))
  expect(thin(rows.slice(0, 4))).toEqual(rows.slice(0, 4))
})

test('streams of a metric make one summary; those without rows say nothing', () => {
  const series = { metricName: 'loss', thinned: false }
  expect(
    summarise({ attempt: 2, final: true }, [
      { ...series, latest: '', latestSequence: -1, count: 0 },
      { ...series, min: '1', max: '3', latest: '3', latestSequence: 9, count: 3 },
      { ...series, latest: 'NaN', latestSequence: 4, count: 1, thinned: true },
      { ...series, min: '1.0', max: '7', latest: '7', latestSequence: 8, count: 2 },
    ]),
  ).toEqual({
    attempt: 2,
    final: true,
    metrics: { loss: { min: '1', max: '7', latest: '3', count: 6, thinned: true } },
  })
})
