import { expect, test } from 'vitest'
import { ApiError } from '#api'
import { createWorkQueue } from '#kube'
import { createFakeClock } from '../support/fake-clock.ts'

function aQueue(work: (key: string) => Promise<void>, concurrency = 2) {
  const clock = createFakeClock()
  const failures: string[] = []
  const queue = createWorkQueue({
    clock,
    concurrency,
    random: () => 1,
    work,
    onError: (key, error, retryInMs) => failures.push(`${key} ${(error as Error).message} ${retryInMs}`),
  })
  return { clock, queue, failures }
}

test('a key added often before it runs is worked on once', async () => {
  const worked: string[] = []
  const { queue } = aQueue(async key => void worked.push(key))
  for (let i = 0; i < 5; i++) queue.add('a')
  await queue.idle()
  expect(worked).toEqual(['a'])
})

test('a key added while it runs runs again afterwards, never beside itself', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const events: string[] = []
  let run = 0
  const { queue, clock } = aQueue(async () => {
    const mine = run++
    events.push(`start ${mine}`)
    await gates[mine].promise
    events.push(`end ${mine}`)
  })
  queue.add('a')
  await clock.flush()
  queue.add('a')
  queue.add('a')
  await clock.flush()
  expect(events).toEqual(['start 0'])
  gates[0].resolve()
  gates[1].resolve()
  await queue.idle()
  expect(events).toEqual(['start 0', 'end 0', 'start 1', 'end 1'])
})

test('no more keys run at once than allowed, and a slow one does not hold up the others', async () => {
  const slow = Promise.withResolvers<void>()
  const worked: string[] = []
  const { queue, clock } = aQueue(async key => {
    if (key === 'slow') await slow.promise
    worked.push(key)
  })
  for (const key of ['slow', 'a', 'b', 'c']) queue.add(key)
  await clock.flush()
  expect(worked).toEqual(['a', 'b', 'c'])
  expect(queue.depth).toBe(1)
  slow.resolve()
  await queue.idle()
})

test('failures wait 5, 10, 20 ms and a success forgets them', async () => {
  let left = 3
  const { queue, clock, failures } = aQueue(async () => {
    if (left-- > 0) throw new Error('no')
  })
  queue.add('a')
  await clock.runAll()
  expect(failures).toEqual(['a no 5', 'a no 10', 'a no 20'])
  left = 1
  queue.add('a')
  await clock.runAll()
  expect(failures.at(-1)).toBe('a no 5')
})

test('the wait that the server asks for wins', async () => {
  let left = 1
  const { queue, clock, failures } = aQueue(async () => {
    if (left-- > 0) throw new ApiError(429, 'TooManyRequests', 'busy', { retryAfterMs: 3_000 })
  })
  queue.add('a')
  await clock.runAll()
  expect(failures).toEqual(['a busy 3000'])
})

test('of two delays of a key the earlier one counts', async () => {
  const worked: number[] = []
  const { queue, clock } = aQueue(async () => void worked.push(clock.monotonicMs()))
  const started = clock.monotonicMs()
  queue.addAfter('a', 1_000)
  queue.addAfter('a', 100)
  queue.addAfter('a', 500)
  await clock.runAll()
  expect(worked.map(at => at - started)).toEqual([100])
})

test('a closed queue lets running work end and takes no more', async () => {
  const gate = Promise.withResolvers<void>()
  const worked: string[] = []
  const { queue, clock } = aQueue(async key => {
    await gate.promise
    worked.push(key)
  }, 1)
  queue.add('a')
  queue.add('b')
  await clock.flush()
  const closed = queue[Symbol.asyncDispose]()
  gate.resolve()
  await closed
  queue.add('c')
  await clock.flush()
  expect(worked).toEqual(['a'])
})

test('a key that the server put off does not run before, whoever adds it', async () => {
  const worked: number[] = []
  const { queue, clock } = aQueue(async () => {
    worked.push(clock.monotonicMs())
    if (worked.length === 1) throw new ApiError(429, 'TooManyRequests', 'busy', { retryAfterMs: 7_000 })
  })
  queue.add('a')
  await clock.flush()
  await clock.advance(100)
  queue.add('a')
  await clock.advance(10_000)
  expect(worked[1] - worked[0]).toBeGreaterThanOrEqual(7_000)
})

test('a key whose server is away waits four seconds at most, a refused one a minute', async () => {
  const errors = [new Error('connection refused'), new ApiError(503, 'ServiceUnavailable', 'away')]
  for (const error of [...errors, new ApiError(422, 'Invalid', 'refused')]) {
    let left = 20
    const { queue, clock, failures } = aQueue(async () => {
      if (left-- > 0) throw error
    })
    queue.add('a')
    await clock.runAll()
    expect(failures.at(-1)).toBe(`a ${error.message} ${error.message === 'refused' ? 60_000 : 4_000}`)
  }
})
