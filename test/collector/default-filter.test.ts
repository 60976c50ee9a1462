import { describe, expect, test } from 'vitest'
import { isDecimal, numberText, textFormat } from '#collector'

const silent = { notANumber() {}, badLine() {} }
const read = (line: string, names = ['loss', 'accuracy', 'Score']) =>
  textFormat(new Set(names), silent)(line).map(({ metricName, value }) => [metricName, value])

describe('the default filter', () => {
  const katib = [
    ['loss=0.3', [['loss', '0.3']]],
    ['accuracy=.98', [['accuracy', '.98']]],
    ['Score=-7.53e-05', [['Score', '-7.53e-05']]],
    ['Score=1E0', [['Score', '1E0']]],
    ['Score=1.23E10', [['Score', '1.23E10']]],
    ['loss = 0.5', [['loss', '0.5']]],
    ['train/loss=0.1', [['loss', '0.1']]],
    [
      'loss=0.1,accuracy=0.9',
      [
        ['loss', '0.1'],
        ['accuracy', '0.9'],
      ],
    ],
    [
      'loss=1 loss=2',
      [
        ['loss', '1'],
        ['loss', '2'],
      ],
    ],
    ['val_loss=0.1', []],
    ['loss: 0.1', []],
    ['loss=50%', [['loss', '50']]],
    ['loss=1. next', [['loss', '1']]],
    ['a=1=loss=2', [['loss', '2']]],
  ] as const
  test.each(katib)('%s, as Katib reads it', (line, rows) => {
    expect(read(line)).toEqual(rows)
  })

  const strict = [
    ['loss=nan', [['loss', 'NaN']]],
    [
      'loss=-Inf accuracy=Infinity',
      [
        ['loss', '-Infinity'],
        ['accuracy', 'Infinity'],
      ],
    ],
    ['loss=nano', []],
    ['loss=', []],
    ['loss=-', []],
    ['loss=e5', []],
    ['loss=1,234.5', []],
    ['loss=1_000', []],
    ['loss=0x10', []],
    ['loss=1.2.3', []],
  ] as const
  test.each(strict)('%s, where Katib would record something else', (line, rows) => {
    expect(read(line)).toEqual(rows)
  })

  test('names with characters it does not know are read when they are wanted', () => {
    expect(read('x train/loss=0.1 val loss = 2 a.b=3', ['train/loss', 'val loss', 'a.b'])).toEqual([
      ['train/loss', '0.1'],
      ['val loss', '2'],
      ['a.b', '3'],
    ])
    expect(read('"val loss"=2', ['val loss'])).toEqual([['val loss', '2']])
    expect(read('pretrain/loss=0.1', ['train/loss'])).toEqual([])
  })

  test('a JSON line of the Kubeflow SDK is read with its step and time', () => {
    const line = '{"accuracy":"0.9","epoch":1,"timestamp":"2026-01-01T00:00:00.123456Z"}'
    expect(textFormat(new Set(['accuracy']), silent)(line)).toEqual([
      { metricName: 'accuracy', value: '0.9', step: 1, time: '2026-01-01T00:00:00.123456Z' },
    ])
  })

  test('time is what stands before the first space, step is step=', () => {
    const format = textFormat(new Set(['loss']), silent)
    expect(format('2024-03-04T17:55:08.000000001+02:00 INFO loss=1 step=3')).toEqual([
      { metricName: 'loss', value: '1', time: '2024-03-04T17:55:08.000000001+02:00', step: 3 },
    ])
    for (const stamp of ['2024-02-30T17:55:08Z', '2024-03-04 17:55:08', '2024-03-04T17:55:08', '2024-03-04t17:55:08z'])
      expect(format(`${stamp} loss=1`)).toEqual([{ metricName: 'loss', value: '1' }])
  })
})

describe('numbers', () => {
  test.each(['1', '-1', '+1', '.5', '1.', '1e5', '1.5E-3', '+.5e+10'])('%s is one', text => {
    expect([isDecimal(text), Number.isFinite(Number(text))]).toEqual([true, true])
  })
  test.each(['', ' ', '.', '-', 'e5', '1e', '1e+', '1 ', '0x10', '1_0', '1,0', '--1', '١', 'unavailable'])(
    '"%s" is none',
    text => {
      expect(numberText(text)).toBeUndefined()
    },
  )
})
