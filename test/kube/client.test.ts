import { expect, test } from 'vitest'
import type { ApiError } from '#api'
import { createClient } from '#kube'
import { ScriptedTransport } from './scripted-transport.ts'

const trial = { apiVersion: 'kubeflow.org/v1beta1', kind: 'Trial', namespace: 'default', name: 'a', uid: 'u-1' }
const rayJob = { apiVersion: 'ray.io/v1', kind: 'RayJob', namespace: 'default', name: 'a' }
const notFound = { status: 404, body: '404 page not found\n' }
const absent = {
  status: 404,
  body: { kind: 'Status', code: 404, reason: 'NotFound', message: 'no', details: { name: 'a', kind: 'rayjobs' } },
}
const served = (name: string, namespaced = true) => ({ body: { resources: [{ name, kind: 'RayJob', namespaced }] } })
const refusal = async (answer: { status: number; body?: unknown; headers?: Record<string, string> }) => {
  const client = createClient(new ScriptedTransport().answers(answer))
  return (await client.list(trial).catch(error => error)) as ApiError
}

test('a patch carries the uid that it is meant for, and the refusal of another one is a conflict', async () => {
  const causes = [{ reason: 'FieldValueInvalid', message: 'field is immutable', field: 'metadata.uid' }]
  const immutable = { kind: 'Status', code: 422, reason: 'Invalid', message: 'uid', details: { name: 'a', causes } }
  const transport = new ScriptedTransport().answers({ body: {} }, { status: 422, body: immutable })
  const client = createClient(transport)
  await client.patch(trial, { metadata: { finalizers: null }, spec: { x: 1 } }, 'status')
  expect(transport.asked[0].body).toEqual({ metadata: { finalizers: null, uid: 'u-1' }, spec: { x: 1 } })
  await expect(client.patch(trial, {})).rejects.toMatchObject({ code: 409, reason: 'Conflict' })
})

test('what else is invalid in a patch stays invalid', async () => {
  const details = { name: 'a', causes: [{ message: 'no', field: 'spec.x' }] }
  const invalid = { kind: 'Status', code: 422, reason: 'Invalid', message: 'no', details }
  const client = createClient(new ScriptedTransport().answers({ status: 422, body: invalid }))
  await expect(client.patch(trial, {})).rejects.toMatchObject({ code: 422, reason: 'Invalid' })
})

test('warnings are handed on, whatever the answer, each text once', async () => {
  const heard: string[] = []
  const warning =
    '299 - "unknown field \\"spec.bogus\\"", 299 - "v1 is deprecated, use v2" "Wed, 25 Nov 2026 21:00:00 GMT"'
  const umlaut = Buffer.from('299 - "für v3"').toString('latin1')
  const transport = new ScriptedTransport().answers(
    { body: {}, headers: { warning } },
    { status: 409, headers: { warning } },
    { body: {}, headers: { warning: umlaut } },
  )
  const client = createClient(transport, { onWarning: text => heard.push(text) })
  await client.get(trial)
  await client.get(trial).catch(() => {})
  await client.get(trial)
  expect(heard).toEqual(['unknown field "spec.bogus"', 'v1 is deprecated, use v2', 'für v3'])
})

test.each([
  ['seconds', { 'retry-after': '7' }, undefined, 7_000],
  [
    'an instant, by the clock of the server',
    { 'retry-after': 'Wed, 25 Nov 2026 21:00:30 GMT', date: 'Wed, 25 Nov 2026 21:00:18 GMT' },
    undefined,
    12_000,
  ],
  [
    'an instant that is over',
    { 'retry-after': 'Wed, 25 Nov 2026 21:00:00 GMT', date: 'Wed, 25 Nov 2026 21:00:18 GMT' },
    undefined,
    0,
  ],
  ['retryAfterSeconds', {}, 9, 9_000],
  ['both: the header', { 'retry-after': '7' }, 9, 7_000],
  ['a negative number', { 'retry-after': '-7' }, -7, undefined],
  ['nothing', { 'retry-after': '' }, undefined, undefined],
  ['some other text', { 'retry-after': 'soon' }, undefined, undefined],
  ['years', { 'retry-after': '999999999999' }, undefined, 600_000],
])('the wait that a server asks for by %s', async (_, headers, retryAfterSeconds, expected) => {
  const body = { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'busy', details: { retryAfterSeconds } }
  expect((await refusal({ status: 429, headers, body })).retryAfterMs).toBe(expected)
})

test('a kind whose definition was made anew elsewhere is found again, and the request done', async () => {
  const transport = new ScriptedTransport()
  transport.answers(served('rayjobs'), { body: {} }, notFound, served('rays', false), { body: { kind: 'RayJob' } })
  const client = createClient(transport)
  const resource = { ...rayJob, metadata: { name: 'a', namespace: 'default' } }
  await client.create(resource)
  expect(await client.create(resource)).toEqual({ kind: 'RayJob' })
  expect(transport.asked.slice(2).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /apis/ray.io/v1/namespaces/default/rayjobs',
    'GET /apis/ray.io/v1',
    'POST /apis/ray.io/v1/rays',
  ])
})

test('a kind that is served no more is asked about once a request, and found when it is back', async () => {
  const transport = new ScriptedTransport()
  transport.answers(served('rayjobs'), notFound, notFound, notFound, served('rayjobs'), { body: { kind: 'RayJob' } })
  const client = createClient(transport)
  expect(await client.get(rayJob)).toBeUndefined()
  await expect(client.list(rayJob)).rejects.toMatchObject({ code: 404 })
  expect(await client.get(rayJob)).toEqual({ kind: 'RayJob' })
  expect(transport.asked).toHaveLength(6)
})

test('a server that serves the kind and refuses its path is asked twice, not for ever', async () => {
  const transport = new ScriptedTransport().answers(served('rayjobs'), notFound, served('rayjobs'), notFound)
  await expect(createClient(transport).list(rayJob)).rejects.toMatchObject({ code: 404 })
  expect(transport.asked).toHaveLength(3)
})

test('an object that is not there is no reason to ask where its kind is', async () => {
  const transport = new ScriptedTransport().answers(served('rayjobs'), absent, absent)
  const client = createClient(transport)
  await client.get(rayJob)
  await client.delete(rayJob)
  expect(transport.asked).toHaveLength(3)
})

test('a list that expires between two pages begins again', async () => {
  const page = (name: string, more: object = {}) => ({
    body: { metadata: { resourceVersion: '7', ...more }, items: [{ metadata: { name } }] },
  })
  const expired = { status: 410, body: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } }
  const transport = new ScriptedTransport()
  transport.answers(page('old', { continue: 'x' }), expired, page('a', { continue: 'y' }), page('b'))
  const { items } = await createClient(transport).list(trial)
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  expect(transport.query(2).get('continue')).toBeNull()
})

test('a list that begins expired is refused as it is', async () => {
  expect(await refusal({ status: 410 })).toMatchObject({ code: 410 })
})

test('how unknown fields are taken is asked for where something is created or applied', async () => {
  const transport = new ScriptedTransport().answers({}, {}, {}, {})
  const client = createClient(transport, { fieldValidation: 'Warn' })
  const resource = { ...trial, metadata: { name: 'a', namespace: 'default' } }
  await client.create(resource)
  await client.create(resource, { dryRun: true })
  await client.apply(resource, 'me')
  await client.patch(trial, {})
  expect(transport.asked.map((_, i) => transport.query(i).toString())).toEqual([
    'fieldValidation=Warn',
    'dryRun=All&fieldValidation=Warn',
    'fieldManager=me&force=true&fieldValidation=Warn',
    '',
  ])
})
