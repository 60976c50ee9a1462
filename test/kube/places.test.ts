import { expect, test } from 'vitest'
import { createReadingClient } from '#kube'
import { ScriptedTransport } from './scripted-transport.ts'

const ref = { apiVersion: 'ray.io/v1', kind: 'RayJob', namespace: 'default', name: 'a' }

test('a server that is away is no answer to where a kind lives', async () => {
  const transport = new ScriptedTransport().answers({ status: 503, body: 'try later' })
  await expect(createReadingClient(transport).get(ref)).rejects.toMatchObject({ code: 503 })
})

test('a kind is found by discovery, once', async () => {
  const resources = [{ name: 'rayjobs', kind: 'RayJob', namespaced: true }]
  const transport = new ScriptedTransport().answers(
    { body: { resources } },
    { body: { kind: 'RayJob' } },
    { body: { kind: 'RayJob' } },
  )
  const client = createReadingClient(transport)
  await client.get(ref)
  await client.get(ref)
  expect(transport.asked.map(({ path }) => path)).toEqual([
    '/apis/ray.io/v1',
    ...Array(2).fill('/apis/ray.io/v1/namespaces/default/rayjobs/a'),
  ])
})
