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
