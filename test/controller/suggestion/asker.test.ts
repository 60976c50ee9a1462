import { expect, test } from 'vitest'
import { API_VERSION, type Experiment, INDEX_LABEL, type Suggestion, type Trial } from '#api'
import { AlgorithmRefusal, type SuggestPool } from '#controller'
import type { SuggestAnswer } from '#suggestion'
import { Asker } from '../../../controller/suggestion/asker.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const experiment: Experiment = {
  apiVersion: API_VERSION,
  kind: 'Experiment',
  metadata: { name: 'e', namespace: 'default', uid: 'u' },
  spec: { objective: { type: 'minimize', objectiveMetricName: 'loss' }, algorithm: { algorithmName: 'pbt' } },
}
const suggestion: Suggestion = { apiVersion: API_VERSION, kind: 'Suggestion', metadata: { name: 'e' }, spec: {} }

function aTrial(index: number, type: 'Running' | 'Succeeded'): Trial {
  const conditions = [{ type, status: 'True' }]
  const metadata = { name: `e-${index}`, uid: `t${index}`, labels: { [INDEX_LABEL]: String(index) } }
  return { apiVersion: API_VERSION, kind: 'Trial', metadata, spec: {}, status: { conditions } }
}

/** Answers by script, and counts the questions. */
function aPool(...answers: readonly (SuggestAnswer | Error)[]) {
  const script = [...answers]
  const pool: SuggestPool & { asked: number } = {
    asked: 0,
    async ask() {
      pool.asked++
      const answer = script.shift()
      if (!answer || answer instanceof Error) throw answer ?? new Error('asked once too often')
      return answer
    },
    forget: () => {},
    async [Symbol.asyncDispose]() {},
  }
  return pool
}

const nothing: SuggestAnswer = { assignments: [], searchEnded: false }
const one: SuggestAnswer = { assignments: [{ index: 2, parameterAssignments: [], labels: {} }], searchEnded: false }
const wanted = { firstIndex: 2, count: 1 }
/** The answer once there is news. */
async function news(asker: Asker, of: readonly Trial[]) {
  const trials = new TrialRoll(of)
  const { promise, resolve } = Promise.withResolvers<void>()
  const asked = asker.answer(experiment, suggestion, trials, wanted, resolve)
  if (asked.is !== 'asking') return asked
  await promise
  return asker.answer(experiment, suggestion, trials, wanted, () => {})
}
const answered = (answer: SuggestAnswer) => ({ is: 'answered', answer })

test('an algorithm that waits for trials in flight is asked again when one has ended, and not before', async () => {
  const pool = aPool(nothing, one)
  const asker = new Asker(pool, createFakeClock())
  const running = [aTrial(0, 'Running'), aTrial(1, 'Running')]
  expect(await news(asker, running)).toMatchObject(answered(nothing))
  expect(await news(asker, running)).toMatchObject(answered(nothing))
  expect(pool.asked).toBe(1)
  expect(await news(asker, [aTrial(0, 'Succeeded'), running[1]])).toMatchObject(answered(one))
  expect(pool.asked).toBe(2)
})

test('an answer is kept until it is taken, whatever ends meanwhile', async () => {
  const pool = aPool(one)
  const asker = new Asker(pool, createFakeClock())
  await news(asker, [aTrial(0, 'Running')])
  expect(await news(asker, [aTrial(0, 'Succeeded')])).toMatchObject(answered(one))
  expect(pool.asked).toBe(1)
})

test('a failed ask says why, and is put again after a wait that doubles', async () => {
  const clock = createFakeClock()
  const pool = aPool(new Error('no such thing'), new Error('still not'), one)
  const asker = new Asker(pool, clock)
  expect(await news(asker, [])).toEqual({ is: 'failed', because: 'no such thing', againInMs: 1_000 })
  await clock.advance(999)
  expect(await news(asker, [])).toMatchObject({ because: 'no such thing', againInMs: 1 })
  await clock.advance(1)
  expect(await news(asker, [])).toEqual({ is: 'failed', because: 'still not', againInMs: 2_000 })
  await clock.advance(2_000)
  expect(await news(asker, [])).toMatchObject(answered(one))
  expect(pool.asked).toBe(3)
})

test('an algorithm that does not take the experiment is said to be refusing for good', async () => {
  const asker = new Asker(aPool(new AlgorithmRefusal('no')), createFakeClock())
  expect(await news(asker, [])).toMatchObject({ is: 'failed', because: 'no', isFinal: true })
})
