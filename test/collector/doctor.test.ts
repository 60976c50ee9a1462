import { expect, test } from 'vitest'
import { examine, examineEvents, examinePage } from '#collector'
import { systemClock } from '#kube'

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

test('event files are read as in a trial', async () => {
  const logs = new URL('../golden/tfevent/logs', import.meta.url).pathname
  const found = await examineEvents(logs, ['loss'], systemClock)
  expect([found.metrics[0].metricName, found.metrics[0].count > 1, found.diagnosis]).toEqual(['loss', true, undefined])
  expect((await examineEvents(logs, ['acuracy'], systemClock)).diagnosis).toContain(
    'nearly the same is "accuracy": set objective',
  )
  const none = (await examineEvents(import.meta.dirname, ['loss'], systemClock)).diagnosis
  expect(none).toMatch(/^no event file was created in .*; what was created: .* and \d+ more; have the program log/)
})

test('a saved page is read as in a trial', async () => {
  const page = 'loss{split="a"} 3\nloss{split="b"} 4\naccuracy 0.5\n'
  const found = await examinePage(page, ['accuracy'], systemClock)
  expect([found.metrics[0].latest, found.diagnosis]).toEqual(['0.5', undefined])
  const several = (await examinePage(page, ['loss'], systemClock)).diagnosis
  expect(several).toContain(
    'there are several series of that name: set objectiveMetricName to one of them, such as loss{',
  )
  expect((await examinePage('<html>', ['loss'], systemClock)).diagnosis).toContain('it answers a web page')
})

test('a sentence stays short, however long and many its filters are', async () => {
  const filters = Array.from({ length: 16 }, (_, i) => `(${'a'.repeat(400)}${i}) (b)`)
  const { diagnosis = '' } = await look('loss is here\n', { filters })
  expect(diagnosis).toContain('(and 15 more) matches no line')
  expect(diagnosis.length).toBeLessThan(400)
})
