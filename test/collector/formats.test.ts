import { describe, expect, test } from 'vitest'
import { type CollectedMetric, InvalidArguments, numberText, parseArguments, userFormat } from '#collector'
import { collected } from './pod.ts'

/** Katib's own vectors (its file collector's tests), where our reading is the same. */
const F = '{metricName: ([\\w|-]+), metricValue: ((-?\\d+)(\\.\\d+)?)}'
const shown = (rows: readonly CollectedMetric[]) =>
  rows.map(({ metricName, value, time }) => [metricName, value, ...(time ? [time] : [])])
const read = async (text: string, flags: object) => shown((await collected(text, flags)).pod.all)

describe('user filters', () => {
  const vectors = [
    {
      text: '2024-03-04T17:55:08Z INFO     {metricName: accuracy, metricValue: 0.8078};{metricName: loss, metricValue: 0.5183}',
      rows: [
        ['accuracy', '0.8078', '2024-03-04T17:55:08Z'],
        ['loss', '0.5183', '2024-03-04T17:55:08Z'],
      ],
    },
    { text: '{metricName: accuracy, metricValue: 100}', rows: [['accuracy', '100']] },
    { text: '{metricName: accuracy, metricValue: 888.333}', rows: [['accuracy', '888.333']] },
    { text: '{metricName: accuracy, metricValue: -0.4759}', rows: [['accuracy', '-0.4759']] },
    { text: '{metricName: loss, metricValue: 0.8671}', rows: [['loss', '0.8671']] },
    { text: 'invalid INFO {metricName: loss, metricValue: 0.3634}', rows: [['loss', '0.3634']] },
    ...['.333', '-.333', '- 345.333', '888.'].map(value => ({
      text: `{metricName: accuracy, metricValue: ${value}}`,
      rows: [] as string[][],
    })),
  ]
  test.each(vectors)('$text', async ({ text, rows }) => {
    expect(await read(`${text}\n`, { metrics: 'accuracy;loss', filters: F })).toEqual(rows)
  })

  test('replace the default filter, may hold names and semicolons it cannot, and record NaN', async () => {
    const filters = '\\[([^]]+)\\]: ([^;]+);;(\\w+)~(\\S+)'
    expect(await read('[val loss/x]: 0.5;\nval loss/x=1\n', { metrics: 'val loss/x', filters })).toEqual([
      ['val loss/x', '0.5'],
    ])
    expect(await read('loss~nan\n', { metrics: 'loss', filters })).toEqual([['loss', 'NaN']])
  })

  const unusable = [
    { filters: '([', says: 'expected a regular expression of RE2 syntax' },
    { filters: '(\\w+)=(\\d+)(?=x)', says: 'expected a regular expression of RE2 syntax' },
    { filters: '(a)\\1(b)', says: 'expected a regular expression of RE2 syntax' },
    { filters: '(?:a)=(b)', says: 'expected two groups' },
    { filters: `(a)(b)${'x'.repeat(1024)}`, says: 'expected at most 1024 bytes' },
    { filters: '(\\w{999})'.repeat(12), says: 'too large' },
    { filters: Array(17).fill('(a)(b)').join(';'), says: 'expected at most 16 filters' },
  ]
  test.each(unusable)('$filters: $says', async ({ filters, says }) => {
    const args = parseArguments(['-f', filters])
    await expect(userFormat(args.filters)).rejects.toThrow(InvalidArguments)
    await expect(userFormat(args.filters)).rejects.toThrow(says)
  })
})

describe('JSON lines', () => {
  const vectors = [
    ['{"loss": "0.22", "timestamp": 1638422847.28721}', [['loss', '0.22', '2021-12-02T05:27:27.28721Z']]],
    ['{"acc": "0.93", "timestamp": 1638422847}', [['acc', '0.93', '2021-12-02T05:27:27Z']]],
    [
      '{"loss": "0.14", "timestamp": "2021-12-02T14:27:50.000035161Z"}',
      [['loss', '0.14', '2021-12-02T14:27:50.000035161Z']],
    ],
    ['{"loss": "0.1"}', [['loss', '0.1']]],
    ['{"loss": "0.1", "timestamp": "yesterday"}', [['loss', '0.1']]],
    [
      '{"loss": 0.22, "acc": 1e-3}',
      [
        ['acc', '0.001'],
        ['loss', '0.22'],
      ],
    ],
    [
      '{"loss": NaN, "acc": -Infinity}',
      [
        ['acc', '-Infinity'],
        ['loss', 'NaN'],
      ],
    ],
    ['{"loss": null, "acc": true}', []],
    ['{"loss": {"value": 1}}', []],
    ['{"__proto__": {"loss": 1}}', []],
  ] as const
  test.each(vectors)('%s', async (text, rows) => {
    expect(await read(`${text}\n`, { metrics: 'acc;loss', format: 'JSON' })).toEqual(rows)
  })

  test('a line that is no object is skipped and counted; the others are kept', async () => {
    const { pod } = await collected('{"loss": 1}\nnot json\n[1]\n\n{"loss": 2\n{"loss": 3}\n', { format: 'JSON' })
    expect(pod.values).toEqual(['loss=1', 'loss=3'])
    expect(pod.log).toContain('3 lines or files that could not be read were skipped')
  })
})

describe('flags', () => {
  test('are Katib’s', () => {
    const args = ['-t', 'a', '-m', 'loss;acc', '-o-type', 'maximize', '-s-db', 'db:6789', '-path', '/x/y.log']
    expect(parseArguments([...args, '-format', 'JSON', '-w', 'true', '-stop-rule', 'loss;0.5;less;4'])).toMatchObject({
      trialName: 'a',
      metricNames: ['loss', 'acc'],
      objectiveType: 'maximize',
      path: '/x/y.log',
      format: 'JSON',
      filters: [],
    })
  })
  test('tell the kinds apart as Katib’s do: -format a file, -path alone event files, neither a page', () => {
    expect(parseArguments(['-path', '/logs'])).toMatchObject({ format: 'TensorFlowEvent', path: '/logs' })
    const page = { port: 8080, path: '/metrics' }
    expect(parseArguments(['-m', 'loss'])).toMatchObject({ format: 'PrometheusMetric', page })
    const url = ['-url', 'http://10.0.0.1:9/m?x=1']
    expect(parseArguments(url).page).toEqual({ port: 9, path: '/m?x=1' })
  })
  test.each([
    [['-url', 'https://127.0.0.1/'], 'expected -url http://127.0.0.1:PORT/PATH'],
    [['-x', '1'], 'unknown flag "-x"'],
    [['-m'], 'flag -m of the metrics collector has no value'],
    [['-format', 'XML'], 'expected format TEXT or JSON, got "XML"'],
  ])('%s is refused', (args, says) => {
    expect(() => parseArguments(args)).toThrow(says)
  })
  test.each([
    ['(a)(b);(c)(d)', ['(a)(b)', '(c)(d)']],
    ['(a);(b);(c)(d)', ['(a);(b)', '(c)(d)']],
    ['([;)(]+)=(\\d);x', ['([;)(]+)=(\\d);x']],
    ['\\((a)(b)\\);(c)(d)', ['\\((a)(b)\\)', '(c)(d)']],
  ])('filters %s', (joined, filters) => {
    expect(parseArguments(['-f', joined]).filters).toEqual(filters)
  })
})

test.each([
  ['nan', 'NaN'],
  ['-NaN', 'NaN'],
  ['+inf', 'Infinity'],
  ['-INFINITY', '-Infinity'],
  ['0.50', '0.50'],
])('%s is recorded as %s', (text, recorded) => {
  expect(numberText(text)).toBe(recorded)
})
