import { afterAll, expect, test } from 'vitest'
import type { Clock } from '#kube'
import { systemClock } from '#kube'
import type { TrialFacts } from '#suggestion'
import { createInProcessAsk, createSuggestPool } from '../../../controller/suggestion/pool.ts'
import type { Ask } from '../../../controller/suggestion/pool-ask.ts'
import { QUASI_RANDOM_LABEL } from '../../../controller/suggestion/pool-fallback.ts'
import type { TrialLog } from '../../../controller/suggestion/trial-log.ts'
import { aProblem, double, everyKind, int } from '../../suggestion/problems.ts'

/** The budget ends when the test says so. */
const alarms: (() => void)[] = []
const clock: Clock = {
  ...systemClock,
  after(_, run) {
    alarms.push(run)
    return { [Symbol.dispose]: () => {} }
  },
}
const troubles: string[] = []
const pool = createSuggestPool({ workers: 1, clock, onTrouble: (_, message) => troubles.push(message) })
afterAll(() => pool[Symbol.asyncDispose]())

function anAsk(more: Partial<Ask> = {}): Ask {
  return {
    experimentUid: 'a',
    problem: aProblem(everyKind),
    algorithm: { algorithmName: 'random' },
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    seed: 4,
    trials: { moment: 0, changes: () => [], waiting: () => [] },
    firstIndex: 0,
    count: 2,
    ...more,
  }
}

/** A log of finished trials whose reads of facts are counted. */
async function someTrials(count: number) {
  const answer = await createInProcessAsk().ask(anAsk({ count }))
  const facts: TrialFacts[] = answer.assignments.map(({ index, parameterAssignments: assignments }) => {
    const metrics = [{ name: 'loss', min: `${index}`, max: `${index}`, latest: `${index}` }]
    return { index, phase: 'Succeeded', assignments, metrics }
  })
  const journal = facts.map(({ index }) => index)
  let reads = 0
  const trials: TrialLog = {
    get moment() {
      return journal.length
    },
    *changes(since = 0) {
      for (const index of new Set(journal.slice(since))) {
        reads++
        yield { index, facts: facts[index] }
      }
    },
    waiting: () => [],
  }
  return { trials, read: () => reads, touch: (index: number) => void journal.push(index) }
}

test('a worker answers as the process itself would', { timeout: 20_000 }, async () => {
  const { trials } = await someTrials(6)
  const ask = anAsk({ trials, firstIndex: 6 })
  expect(await pool.ask(ask)).toEqual(await createInProcessAsk().ask(ask))
})

test('facts cross once; a change, a lost worker and a forgotten experiment bring them again', {
  timeout: 20_000,
}, async () => {
  const { trials, read, touch } = await someTrials(6)
  const ask = anAsk({ experimentUid: 'b', trials, firstIndex: 6 })
  const first = await pool.ask(ask)
  expect(read()).toBe(6)
  expect(await pool.ask(ask)).toEqual(first)
  expect(read()).toBe(6)
  touch(0)
  expect(await pool.ask(ask)).toEqual(first)
  expect(read()).toBe(7)
  pool.forget('b')
  expect(await pool.ask(ask)).toEqual(first)
  expect(read()).toBe(13)
})

test('a thread that rests for long ends; the next question tells everything again', { timeout: 20_000 }, async () => {
  const { trials, read } = await someTrials(4)
  const rests: (() => void)[] = []
  const patient: Clock = {
    ...clock,
    after(ms, run) {
      if (ms === 30_000) rests.push(run)
      return { [Symbol.dispose]: () => {} }
    },
  }
  await using own = createSuggestPool({ workers: 1, clock: patient })
  const ask = anAsk({ trials, firstIndex: 4 })
  const first = await own.ask(ask)
  expect(rests).toHaveLength(1)
  rests[0]()
  expect(await own.ask(ask)).toEqual(first)
  expect(read()).toBe(8)
})

test('over budget: quasi-random points that say so, then the search goes on', { timeout: 20_000 }, async () => {
  const { trials, read } = await someTrials(3)
  const ask = anAsk({ experimentUid: 'c', trials, firstIndex: 3 })
  const impatient: Clock = {
    ...clock,
    after(_, run) {
      run()
      return { [Symbol.dispose]: () => {} }
    },
  }
  await using slow = createSuggestPool({
    workers: 1,
    clock: impatient,
    onTrouble: (_, message) => troubles.push(message),
  })
  const answer = await slow.ask(ask)
  expect(answer.assignments.map(({ labels }) => labels[QUASI_RANDOM_LABEL])).toEqual(['over-budget', 'over-budget'])
  expect(troubles.at(-1)).toMatch(/random is replaced by quasi-random points: took longer than 10000 ms/)
  expect(read()).toBeGreaterThanOrEqual(6)
})

test('an algorithm that fails is replaced, with its error told', { timeout: 20_000 }, async () => {
  const answer = await pool.ask(anAsk({ experimentUid: 'd', algorithm: broken }))
  expect(answer.assignments).toHaveLength(2)
  expect(answer.assignments[0].labels[QUASI_RANDOM_LABEL]).toBe('error')
  expect(troubles.at(-1)).toMatch(/random is replaced/)
})

/** The setting is refused at admission; the pool meets it all the same. */
const broken = { algorithmName: 'random', algorithmSettings: [{ name: 'random_state', value: 'x' }] }

test('an abort rejects the ask and harms nobody else', { timeout: 20_000 }, async () => {
  await expect(pool.ask(anAsk(), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  expect((await pool.ask(anAsk())).assignments).toHaveLength(2)
})

test('a free thread takes over what would have to wait, and knows what it must', { timeout: 20_000 }, async () => {
  await using own = createSuggestPool({ workers: 2 })
  const { trials, read } = await someTrials(3)
  const ask = anAsk({ experimentUid: 'e', trials, firstIndex: 3 })
  const first = await own.ask(ask)
  const [, second] = await Promise.all([own.ask(anAsk({ experimentUid: 'f' })), own.ask(ask)])
  expect(second).toEqual(first)
  expect(read()).toBe(6)
})

test('over budget: trials of a ladder keep their place on it', { timeout: 20_000 }, async () => {
  const impatient: Clock = {
    ...clock,
    after(_, run) {
      run()
      return { [Symbol.dispose]: () => {} }
    },
  }
  await using slow = createSuggestPool({ workers: 1, clock: impatient })
  const settings = { r_l: '9', resource_name: 'epochs' }
  const algorithmSettings = Object.entries(settings).map(([name, value]) => ({ name, value }))
  const problem = aProblem([double('x', { min: '0', max: '1' }), int('epochs', { min: '1', max: '9' })])
  const algorithm = { algorithmName: 'bohb', algorithmSettings }
  const { assignments, choice } = await slow.ask(anAsk({ experimentUid: 'l', problem, algorithm }))
  for (const { labels, because, parameterAssignments } of assignments) {
    expect(labels).toEqual({ 'qalam.dev/bracket': '0', 'qalam.dev/rung': '0', [QUASI_RANDOM_LABEL]: 'over-budget' })
    expect(because).toBe('bohb took longer than 10000 ms')
    expect(parameterAssignments.find(({ name }) => name === 'epochs')?.value).toBe('1')
  }
  expect(choice?.model).toBe('quasi-random')
})
