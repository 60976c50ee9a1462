import { expect, test } from 'vitest'
import { CommitQueue } from '../../store/commit-queue.ts'

function aQueue(limit = 100) {
  const groups: number[][] = []
  const gates: (() => void)[] = []
  const queue = new CommitQueue<number>(
    writes => {
      groups.push(writes)
      const { promise, resolve } = Promise.withResolvers<void>()
      gates.push(resolve)
      return promise
    },
    group => group.length < limit,
  )
  return { queue, groups, gates }
}

/** Lets everything run that waits for nothing outside. */
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

test('an idle queue commits at once; what arrives meanwhile shares the next commit', async () => {
  const { queue, groups, gates } = aQueue()
  queue.push(1)
  await settle()
  expect(groups).toEqual([[1]])
  for (const write of [2, 3, 4]) queue.push(write)
  await settle()
  expect(groups).toEqual([[1]])
  gates[0]()
  await settle()
  expect(groups).toEqual([[1], [2, 3, 4]])
  gates[1]()
  await queue.idle()
  expect(queue.length).toBe(0)
})

test('writes of one turn share the first commit, within the bound of a group', async () => {
  const { queue, groups, gates } = aQueue(2)
  for (const write of [1, 2, 3]) queue.push(write)
  await settle()
  gates[0]()
  await settle()
  expect(groups).toEqual([[1, 2], [3]])
})

test('what was put back comes before what arrived later', async () => {
  const { queue, groups, gates } = aQueue()
  queue.push(1)
  await settle()
  queue.push(3)
  queue.putBack([2])
  gates[0]()
  await settle()
  expect(groups).toEqual([[1], [2, 3]])
})
