import { expect, test } from 'vitest'
import { ApiError } from '#api'
import { API_SERVER, type Awaited, DATABASE, firstAnswer } from '../../cli/cluster/first-answer.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const refusal = (code: number) => new ApiError(code, 'Unknown', `HTTP ${code}`)
const noAnswer = (code: string) => Object.assign(new Error(code), { code })

const asking = (...failures: readonly Error[]) => askingOf(API_SERVER, ...failures)

function askingOf(awaited: Awaited, ...failures: readonly Error[]) {
  const clock = createFakeClock()
  const ending = new AbortController()
  const lines: string[] = []
  const left = [...failures]
  let asked = 0
  const ask = async () => {
    asked++
    const failure = left.shift()
    if (failure) throw failure
    return 'answer'
  }
  const answer = firstAnswer(ask, awaited, { clock, signal: ending.signal, log: line => void lines.push(line) })
  answer.catch(() => {})
  return { clock, ending, lines, answer, asked: () => asked }
}

test('while nobody answers it waits, says each reason once, and goes on with the first answer', async () => {
  const away = noAnswer('ECONNREFUSED')
  const { clock, lines, answer, asked } = asking(away, away, away, refusal(503), refusal(429))
  await clock.advance(10_000)
  expect([await answer, asked()]).toEqual(['answer', 6])
  expect(lines).toEqual(['ECONNREFUSED', 'HTTP 503', 'HTTP 429'].map(reason => `waiting for the API server: ${reason}`))
})

test('a reason that is hidden in a cause counts too', async () => {
  const { clock, answer } = asking(new Error('fetch failed', { cause: noAnswer('UND_ERR_SOCKET') }))
  await clock.advance(2_000)
  expect(await answer).toBe('answer')
})

test.each([refusal(401), refusal(403), refusal(404), new Error('a name that is not a URL')])(
  '%s is no outage',
  async error => {
    await expect(asking(error).answer).rejects.toBe(error)
  },
)

test('it ends when it is asked to', async () => {
  const { clock, ending, answer } = asking(noAnswer('ECONNREFUSED'), noAnswer('ECONNREFUSED'))
  await clock.advance(1_000)
  ending.abort(new Error('the end'))
  await expect(answer).rejects.toThrow('the end')
})

test('a database that is away, starts, is full or has no name yet is waited for', async () => {
  const refused = noAnswer('ECONNREFUSED')
  const several = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' })
  const codes = ['57P03', '53300', 'ENOTFOUND', 'ENOENT'].map(noAnswer)
  const { clock, lines, answer } = askingOf(DATABASE, refused, several, ...codes)
  await clock.advance(12_000)
  expect(await answer).toBe('answer')
  const reasons = ['ECONNREFUSED', '57P03', '53300', 'ENOTFOUND', 'ENOENT']
  expect(lines).toEqual(reasons.map(reason => `waiting for the database: ${reason}`))
})

test.each([noAnswer('28P01'), noAnswer('3D000'), new Error('the database was written by a newer Qalam')])(
  'of a database %s is no outage',
  async error => {
    await expect(askingOf(DATABASE, error).answer).rejects.toBe(error)
  },
)
