import { expect, test } from 'vitest'
import { ApiError, type Resource } from '#api'
import { EventSender } from '../../controller/event-sender.ts'
import { aTrial } from '../support/builders.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const full = new ApiError(429, 'TooManyRequests', 'too many requests')
const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** A server that answers with `refusal`, as long as there is one. */
function aServer() {
  const clock = createFakeClock()
  const lines: string[] = []
  const written: Resource[] = []
  const state: { refusal?: Error | undefined } = {}
  let asked = 0
  async function write(object: Resource) {
    asked++
    if (state.refusal) throw state.refusal
    written.push(object)
  }
  const sender = new EventSender({ clock, write, log: line => void lines.push(line) })
  const send = (...messages: readonly string[]) => {
    for (const message of messages) sender.send(aTrial(0), { type: 'Normal', reason: 'Told', message })
  }
  return {
    clock,
    lines,
    state,
    sender,
    send,
    asked: () => asked,
    messages: () => written.map(each => each.message),
    written,
  }
}

test.each([
  { name: 'has no room', refusal: full },
  { name: 'is away', refusal: away },
  { name: 'is in trouble', refusal: new ApiError(503, 'ServiceUnavailable', 'etcd is away') },
])(
  'while the server $name events wait, and are written in their order with the time at which they were told',
  async ({ refusal }) => {
    const { clock, lines, state, send, asked, messages, written } = aServer()
    state.refusal = refusal
    send('first')
    await clock.flush()
    send('second', 'third')
    await clock.advance(60_000)
    // One asks for all.
    expect(asked()).toBe(31)
    state.refusal = undefined
    await clock.advance(2_000)
    expect(messages()).toEqual(['first', 'second', 'third'])
    expect(written.map(({ firstTimestamp }) => firstTimestamp)).toEqual(Array(3).fill('2026-01-01T00:00:00Z'))
    send('fourth')
    await clock.flush()
    expect(messages()).toHaveLength(4)
    expect([clock.pending, lines]).toEqual([0, []])
  },
)

test('of those that wait the newest thousand are kept, and it is said how many were lost', async () => {
  const { clock, lines, state, send, messages } = aServer()
  state.refusal = full
  send('0')
  await clock.flush()
  send(...Array.from({ length: 1_004 }, (_, i) => String(i + 1)))
  state.refusal = undefined
  await clock.advance(2_000)
  expect([messages().length, messages()[0], messages().at(-1)]).toEqual([1_000, '5', '1004'])
  expect(lines).toEqual([expect.stringMatching(/^5 events were lost/)])
})

test('what is refused for good is told, and holds up nobody', async () => {
  const { clock, lines, state, send, messages } = aServer()
  state.refusal = new ApiError(403, 'Forbidden', 'the namespace is being terminated')
  send('gone')
  await clock.flush()
  state.refusal = undefined
  send('next')
  await clock.flush()
  expect(messages()).toEqual(['next'])
  expect(lines).toEqual(['an event of Trial default/e-0 was lost: the namespace is being terminated'])
})

test('an event whose first try got through without an answer is there, and is no second one', async () => {
  const { clock, lines, state, send } = aServer()
  state.refusal = away
  send('once')
  await clock.flush()
  state.refusal = new ApiError(409, 'AlreadyExists', 'there already')
  await clock.advance(2_000)
  expect([clock.pending, lines]).toEqual([0, []])
})

test('nothing is tried for ever, nor after the end', async () => {
  const { clock, lines, state, sender, send, asked } = aServer()
  state.refusal = away
  send('never')
  await clock.advance(1_000_000)
  expect([clock.pending, lines]).toEqual([0, [expect.stringMatching(/^1 events were lost/)]])
  send('late')
  await clock.flush()
  sender[Symbol.dispose]()
  const before = asked()
  await clock.advance(10_000)
  expect([clock.pending, asked()]).toEqual([0, before])
})
