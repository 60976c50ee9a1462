import { beforeEach, expect, test } from 'vitest'
import { Pace } from '../../controller/pace.ts'
import { ManualClock } from '../collector/manual-clock.ts'

let clock: ManualClock
let done: string[]
let pace: Pace
beforeEach(() => {
  clock = new ManualClock()
  done = []
  pace = new Pace(clock, 250, key => done.push(key))
})

test('what is asked for first is done at once', () => {
  pace.ask('a')
  pace.ask('b')
  expect(done).toEqual(['a', 'b'])
})

test('what is asked for meanwhile is done once, when the time is over, and the time begins anew', async () => {
  for (let asked = 0; asked < 5; asked++) pace.ask('a')
  await clock.pass(249)
  expect(done).toEqual(['a'])
  await clock.pass(1)
  expect(done).toEqual(['a', 'a'])
  pace.ask('a')
  expect(done).toHaveLength(2)
  await clock.pass(250)
  expect(done).toHaveLength(3)
})

test('a key that was left alone is done at once again, and is not kept', async () => {
  pace.ask('a')
  await clock.pass(250)
  expect(clock.waiting).toBe(0)
  pace.ask('a')
  expect(done).toEqual(['a', 'a'])
})

test('disposed, nothing more is done', async () => {
  pace.ask('a')
  pace.ask('a')
  pace[Symbol.dispose]()
  await clock.pass(1_000)
  expect(done).toEqual(['a'])
})
