import { expect, test } from 'vitest'
import { examine } from '#collector'

const look = (log: string, args: { metricNames?: string[]; format?: 'TEXT' | 'JSON'; filters?: string[] } = {}) =>
  examine(Buffer.from(log), { metricNames: ['loss', 'accuracy'], format: 'TEXT', filters: [], ...args })

test('what a collector would find, and where', async () => {
  const found = await look('start\nloss=0.5 accuracy=n/a\nloss=0.25\n')
  expect(found).toEqual({
    lineCount: 3,
    longLineCount: 0,
    badLineCount: 0,
    metrics: [
      { metricName: 'loss', count: 2, first: '0.5', latest: '0.25', lineNumber: 2, line: 'loss=0.5 accuracy=n/a' },
    ],
    notNumbers: [{ metricName: 'accuracy', first: 'n/a', count: 1 }],
    otherNames: [],
  })
})

test('why the objective is missing, with the lines that nearly matched', async () => {
  const found = await look('Epoch 1\ntrain_loss: 0.5\nval_loss=0.25\n')
  expect(found.diagnosis).toBe(
    '"loss" was never seen in 3 lines of the log; nearly the same is "train_loss" in line 2 "train_loss: 0.5": write "loss=0.5"',
  )
  expect(found.otherNames).toContainEqual({ name: 'train_loss', line: 'train_loss: 0.5', lineNumber: 2 })
})

test('filters and JSON are read as in a trial', async () => {
  expect((await look('loss is 3\n', { filters: ['(\\w+) is (\\d+)'] })).metrics[0]).toMatchObject({ latest: '3' })
  expect((await look('{"loss": 3}\nx\n', { format: 'JSON' })).badLineCount).toBe(1)
  await expect(look('', { filters: ['(a)'] })).rejects.toThrow('expected two groups')
})
