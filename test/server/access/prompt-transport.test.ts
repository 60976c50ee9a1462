import { expect, test } from 'vitest'
import type { Transport } from '#kube'
import { promptTransport } from '#server'
import { createFakeClock } from '../../support/fake-clock.ts'

const silent: Transport = {
  send: ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
}
const answering: Transport = {
  send: async () => ({ status: 200, headers: {}, text: async () => '', async *chunks() {} }),
}

test('who hears nothing for so long is told so', async () => {
  const clock = createFakeClock()
  const reply = promptTransport(silent, { clock, withinMs: 20_000 }).send({ method: 'GET', path: '/' })
  const told = expect(reply).rejects.toMatchObject({ code: 504, message: 'the API server did not answer within 20 s' })
  await clock.advance(20_000)
  await told
})

test('an answer is handed on, and one who gives up is not kept', async () => {
  const clock = createFakeClock()
  const options = { clock, withinMs: 20_000 }
  expect((await promptTransport(answering, options).send({ method: 'GET', path: '/' })).status).toBe(200)
  const request = { method: 'GET', path: '/', signal: AbortSignal.abort(new Error('enough')) } as const
  const refusing: Transport = { send: async ({ signal }) => Promise.reject(signal?.reason) }
  await expect(promptTransport(refusing, options).send(request)).rejects.toThrow('enough')
})
