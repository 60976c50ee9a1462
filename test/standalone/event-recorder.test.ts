import { expect, test } from 'vitest'
import type { Resource } from '#api'
import { createClient, type Transport } from '#kube'
import { type ClusterEvent, EventRecorder } from '../../standalone/event-recorder.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { anApiServer } from './an-api-server.ts'

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u-p', resourceVersion: '1' },
}
const said = (message: string, type: ClusterEvent['type'] = 'Normal'): ClusterEvent => ({
  ...{ about: pod, type, reason: 'Started', message, by: 'kubelet', fieldPath: 'spec.containers{main}' },
})

async function aRecorder() {
  const server = await anApiServer()
  // The server keeps events for an hour of its own clock.
  const clock = createFakeClock(new Date())
  const lines: string[] = []
  const signal = new AbortController().signal
  const log = (line: string) => void lines.push(line)
  const asked: Promise<unknown>[] = []
  const transport: Transport = {
    send(request) {
      const answer = server.transport.send(request)
      asked.push(answer)
      return answer
    },
  }
  const record = () => new EventRecorder({ client: createClient(transport), clock, nodeName: 'local', signal, log })
  return {
    clock,
    lines,
    record,
    /** Once all that was asked for is done. */
    async events(): Promise<readonly Resource[]> {
      for (let seen = -1; seen < asked.length; ) {
        seen = asked.length
        await Promise.allSettled(asked)
        await new Promise(resolve => setImmediate(resolve))
      }
      return (await server.client.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'default' })).items
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

test('the same said of the same object is one event, also by a later life of the server', async () => {
  await using recorder = await aRecorder()
  recorder.record().record(said('Started container main'))
  recorder.record().record(said('Started container main'))
  const events = await recorder.events()
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({
    involvedObject: { kind: 'Pod', name: 'p', uid: 'u-p', fieldPath: 'spec.containers{main}' },
    source: { component: 'kubelet', host: 'local' },
    count: 1,
  })
  expect(recorder.lines).toEqual([])
})

test('what is normal is left out where there is too much of it; a warning never is', async () => {
  await using recorder = await aRecorder()
  const one = recorder.record()
  for (let i = 0; i < 100; i++) one.record(said(`start ${i}`))
  for (let i = 0; i < 100; i++) one.record(said(`trouble ${i}`, 'Warning'))
  const count = async (type: string) => (await recorder.events()).filter(event => event.type === type).length
  expect([await count('Normal'), await count('Warning')]).toEqual([60, 100])
  await recorder.clock.advance(2_000)
  for (let i = 0; i < 100; i++) one.record(said(`later ${i}`))
  expect(await count('Normal')).toBe(80)
})
