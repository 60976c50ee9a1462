import { expect, test } from 'vitest'
import { streamOf } from '#numerics'
import type { TrialFacts } from '#suggestion'
import { Told } from '../../../controller/suggestion/pool-told.ts'
import { logOf } from '../../../controller/suggestion/trial-log.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { aProblem, everyKind } from '../../suggestion/problems.ts'
import { aSuggestion, aTrial } from '../../support/builders.ts'

const question = {
  problem: aProblem(everyKind),
  algorithm: { algorithmName: 'random' },
  seed: 1,
  firstIndex: 0,
  count: 1,
}
const objective = { type: 'minimize', objectiveMetricName: 'loss' } as const

test.each([1, 2, 3, 4, 5])('a memory that is told only what is new knows what there is (seed %i)', seed => {
  const random = streamOf(seed, 'told', 0)
  const told = new Told()
  let roll = new TrialRoll()
  let memory = new Map<number, TrialFacts>()
  let waiting: number[] = []
  for (let step = 0; step < 400; step++) {
    const index = random.integer(12)
    const old = roll.at(index)
    const act = random.integer(6)
    if (act === 0) waiting = [0, 1, 2].map(() => random.integer(12))
    else if (act === 1 && random.integer(8) === 0) roll = new TrialRoll()
    else if (act === 2 && old) roll.remove(old)
    else {
      if (old) roll.remove(old)
      roll.insert(aTrial(index, random.integer(2) === 0 ? 'Running' : 'Succeeded', String(step)))
    }
    if (random.integer(3) > 0) continue
    const suggestion = aSuggestion({
      suggestions: [...new Set(waiting)].map(at => ({ name: `e-${at}`, index: at, parameterAssignments: [] })),
    })
    const log = logOf(roll, suggestion)
    const { fresh, changed, removed } = told.question({ ...question, objective, experimentUid: 'e', trials: log })
    if (fresh) memory = new Map()
    for (const gone of removed) memory.delete(gone)
    for (const facts of changed) memory.set(facts.index, facts)
    const there = [...Array.from(log.changes() ?? [], ({ facts }) => facts as TrialFacts), ...log.waiting()]
    expect([...memory.values()].sort((a, b) => a.index - b.index)).toEqual(there.sort((a, b) => a.index - b.index))
  }
})
