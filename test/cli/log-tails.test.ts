import { expect, test } from 'vitest'
import { LogTails } from '../../cli/machine/log-tails.ts'
import { createFakeClock } from '../support/fake-clock.ts'

function aStore() {
  const kept = new Map<string, string>()
  const store = {
    kept,
    isAway: true,
    async putLogTail(trialUid: string, text: string) {
      if (store.isAway) throw new Error('connection refused')
      kept.set(trialUid, text)
    },
  }
  return store
}

test('ends of logs that come while the store is away are stored when it is back, and that they wait is told once', async () => {
  const clock = createFakeClock()
  const store = aStore()
  const notes: string[] = []
  using tails = new LogTails({ observations: store, clock, note: text => void notes.push(text) })
  tails.keep('u-1', 'first')
  tails.keep('u-2', 'second')
  await clock.advance(600_000)
  expect(store.kept.size).toBe(0)
  store.isAway = false
  await clock.advance(30_000)
  expect([...store.kept]).toEqual([
    ['u-1', 'first'],
    ['u-2', 'second'],
  ])
  expect(notes).toEqual(['the ends of logs wait to be stored: connection refused'])
  expect(clock.pending).toBe(0)
})

test('very many wait no longer than there is room for, which is told', async () => {
  const clock = createFakeClock()
  const store = aStore()
  const notes: string[] = []
  using tails = new LogTails({ observations: store, clock, note: text => void notes.push(text) })
  for (let i = 0; i < 501; i++) tails.keep(`u-${i}`, 'text')
  await clock.flush()
  expect(notes.at(-1)).toBe("the end of a log was not kept: 500 others wait; it is in the trial's directory")
})

const aPod = (...containers: string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: containers.map(name => ({ name })) },
})
const aTrial = (kind: string) => ({
  apiVersion: 'kubeflow.org/v1beta1' as const,
  kind: 'Trial' as const,
  metadata: { name: 't', uid: 'u' },
  spec: { primaryContainerName: 'main', metricsCollector: { collector: { kind } } },
})
const LOGGER = 'metrics-logger-and-collector'

test.each<[string, string, [string, string][], string | undefined]>([
  [
    'StdOut',
    LOGGER,
    [
      ['main', ''],
      [LOGGER, 'loss=1\n'],
    ],
    'loss=1\n',
  ],
  [
    'File',
    LOGGER,
    [
      ['main', 'Traceback\n'],
      [LOGGER, 'loss=1\n'],
    ],
    'Traceback\n',
  ],
  [
    'File',
    LOGGER,
    [
      ['main', ''],
      [LOGGER, 'loss=1\n'],
    ],
    'loss=1\n',
  ],
  [
    'TensorFlowEvent',
    'metrics-collector',
    [
      ['main', 'epoch 1\n'],
      ['metrics-collector', 'read 3\n'],
    ],
    'epoch 1\n',
  ],
  [
    'Push',
    'helper',
    [
      ['main', 'epoch 1\n'],
      ['helper', 'done\n'],
    ],
    'epoch 1\n',
  ],
])('of a %s trial with %s, whose containers ended as %j, %j is kept', async (kind, beside, ends, kept) => {
  const store = aStore()
  store.isAway = false
  using tails = new LogTails({ observations: store, clock: createFakeClock(), note: () => {} })
  const trial = aTrial(kind) as Parameters<LogTails['ended']>[2]
  for (const [container, text] of ends) tails.ended(aPod('main', beside), container, trial, text)
  expect(store.kept.get('u')).toBe(kept)
})
