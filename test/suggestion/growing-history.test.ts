import { expect, test } from 'vitest'
import { streamOf } from '#numerics'
import { createSpace, GrowingHistory, historyOf, type TrialRecord } from '#suggestion'
import { aProblem, everyKind } from './problems.ts'

test.each([1, 2, 3])('a growing history is the history of what it holds (seed %i)', seed => {
  const random = streamOf(seed, 'history', 0)
  const space = createSpace(aProblem(everyKind.slice(0, 1)))
  const growing = new GrowingHistory(space)
  const held = new Map<number, TrialRecord>()
  for (let step = 0; step < 300; step++) {
    const index = random.integer(25)
    const record = aRecord(index, random.integer(4), String(random.integer(5)))
    growing.set(index, record)
    held.delete(index)
    if (record) held.set(index, record)
    const points = [...held.values()].map(({ trial }) => space.keyOf(trial.point))
    expect(growing.history()).toEqual(historyOf(held.values()))
    expect([...new Set(points)].every(key => growing.tried.has(key))).toBe(true)
    expect(growing.tried.size).toBe(new Set(points).size)
  }
})

function aRecord(index: number, kind: number, completionTime: string): TrialRecord | undefined {
  const suggestion = { point: Float64Array.of(index % 7), labels: {}, index }
  if (kind === 0) return undefined
  if (kind === 1) return { is: 'pending', trial: suggestion }
  const outcome = { is: 'completed', losses: [index] } as const
  return { is: 'finished', trial: { ...suggestion, outcome }, completionTime }
}
