import { expect, test } from 'vitest'
import { pushFormat } from '#collector'

const rows: { line: string; metrics: readonly object[]; bad?: true }[] = [
  { line: 'loss=0.1', metrics: [{ metricName: 'loss', value: '0.1' }] },
  {
    line: ' loss=0.1  acc=1e-3 step=3 ',
    metrics: [
      { metricName: 'loss', value: '0.1', step: 3 },
      { metricName: 'acc', value: '1e-3', step: 3 },
    ],
  },
  {
    line: '"val loss"=inf time=2026-01-01T00:00:00.5Z',
    metrics: [{ metricName: 'val loss', value: 'Infinity', time: '2026-01-01T00:00:00.5Z' }],
  },
  { line: 'loss=1 time=1638422847.25', metrics: [{ metricName: 'loss', value: '1', time: '2021-12-02T05:27:27.25Z' }] },
  {
    line: '{"loss": 0.5, "acc": "nan", "step": 2, "note": null}',
    metrics: [
      { metricName: 'loss', value: '0.5', step: 2 },
      { metricName: 'acc', value: 'NaN', step: 2 },
    ],
  },
  { line: 'a/b.c-d=1', metrics: [{ metricName: 'a/b.c-d', value: '1' }] },
  { line: 'loss=1,234', metrics: [] },
  { line: 'loss=', metrics: [] },
  { line: 'step=3', metrics: [] },
  { line: 'loss = 1', metrics: [], bad: true },
  { line: 'hello loss=1', metrics: [], bad: true },
  { line: '{"loss": ', metrics: [], bad: true },
  { line: '"unfinished=1', metrics: [], bad: true },
]

test.each(rows)('$line', ({ line, metrics, bad }) => {
  let badLines = 0
  const read = pushFormat({ notANumber() {}, badLine: () => void badLines++ })
  expect([read(line), badLines]).toEqual([metrics, bad ? 1 : 0])
})
