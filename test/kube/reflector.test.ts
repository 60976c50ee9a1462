import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Resource } from '#api'
import { createInformers, type Informers } from '#kube'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { ScriptedTransport, Stream } from './scripted-transport.ts'

const type = { apiVersion: 'ray.io/v1', kind: 'RayJob' }
const job = (name: string, resourceVersion: string): Resource => ({
  ...type,
  metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion },
})
const listOf = (resourceVersion: string, items: readonly Resource[], more: object = {}) => ({
  body: { metadata: { resourceVersion, ...more }, items },
})
const served = (name: string) => ({ body: { resources: [{ name, kind: 'RayJob', namespaced: true }] } })
const refusal = (code: number, more: object = {}) => ({
  status: code,
  body: { kind: 'Status', code, message: `refused with ${code}`, ...more },
})
const added = (name: string, resourceVersion: string) => ({ type: 'ADDED', object: job(name, resourceVersion) })

let clock: FakeClock
let transport: ScriptedTransport
let informers: Informers
let lines: string[]

beforeEach(() => {
  clock = createFakeClock()
  lines = []
  transport = new ScriptedTransport()
  informers = createInformers({ transport, clock, random: () => 0.5, log: line => lines.push(line) })
})
afterEach(async () => {
  await informers[Symbol.asyncDispose]()
  expect(clock.pending).toBe(0)
})

const paths = () => transport.asked.map(({ path }) => path.replace(/\?.*watch=true.*/, ' watch').replace(/\?.*/, ''))
const LIST = '/apis/ray.io/v1/rayjobs'

async function start() {
  const informer = informers.of(type)
  await clock.flush()
  return informer
}

const line = (text: string) => new TextEncoder().encode(`${text}\n`)
const withBadByte = line(JSON.stringify(added('n#', '8')))
withBadByte[withBadByte.indexOf('#'.charCodeAt(0))] = 0xff

test.each([
  ['is no UTF-8', withBadByte],
  ['has no type', line('{"object":{"metadata":{"name":"n","resourceVersion":"8"}}}')],
  ['has a type that no watch has', line('{"type":"RENAMED","object":{"metadata":{"name":"n","resourceVersion":"8"}}}')],
  ['has no object', line('{"type":"ADDED"}')],
  ['has an object without metadata', line('{"type":"ADDED","object":{}}')],
  ['has an object without a name', line('{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"8"}}}')],
  ['has an object without a version', line('{"type":"DELETED","object":{"metadata":{"name":"n"}}}')],
  ['is a bookmark of nothing', line('{"type":"BOOKMARK","object":{"metadata":{}}}')],
  ['is a list', line('[]')],
  ['is a number', line('7')],
  ['is a bare Status', line('{"kind":"Status","code":500}')],
  ['is an error that only the server understands', line('{"type":"ERROR","object":{"code":500,"message":"decode"}}')],
])('a line that %s ends the watch, and the list tells the truth', async (_, bytes) => {
  const stream = new Stream()
  transport.answers(served('rayjobs'), listOf('7', [job('gone', '3')]), stream)
  transport.answers(listOf('9', [job('a', '8')]), new Stream())
  const informer = await start()
  stream.raw(bytes)
  await clock.advance(1_000)
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a'])
  expect(transport.query(4).get('resourceVersion')).toBe('9')
})

test('letters that are cut between two pieces of the stream are whole', async () => {
  const stream = new Stream()
  transport.answers(served('rayjobs'), listOf('7', []), stream)
  const informer = await start()
  const bytes = line(JSON.stringify(added('ü', '8')))
  const cut = bytes.indexOf(0xc3) + 1
  stream.raw(bytes.subarray(0, cut))
  stream.raw(bytes.subarray(cut))
  await clock.flush()
  expect(informer.get('default', 'ü')).toBeDefined()
})

test('a server that garbles every stream is not hammered, though each begins well', async () => {
  transport.answers(served('rayjobs'))
  for (let i = 0; i < 100; i++) {
    const stream = new Stream()
    stream.send(added('a', String(10 + i)))
    stream.raw('{}\n')
    transport.answers(listOf('7', []), stream)
  }
  await start()
  await clock.advance(25_000)
  expect(transport.asked.length).toBeLessThan(30)
})

test('a stream that breaks goes on from what it brought last', async () => {
  const stream = new Stream()
  transport.answers(served('rayjobs'), listOf('7', []), stream, new Stream())
  await start()
  stream.send(added('a', '8'), { type: 'BOOKMARK', object: { metadata: { resourceVersion: '20' } } })
  stream.fail(new Error('ECONNRESET'))
  await clock.advance(1_000)
  expect(transport.query(3).get('resourceVersion')).toBe('20')
})

test('a server that asks for patience in the watch is given it, and nothing is listed', async () => {
  const stream = new Stream()
  transport.answers(served('rayjobs'), listOf('7', []), stream, new Stream())
  await start()
  stream.send({ type: 'ERROR', object: refusal(429, { details: { retryAfterSeconds: 20 } }).body })
  await clock.advance(19_000)
  expect(transport.asked).toHaveLength(3)
  await clock.advance(2_000)
  expect(paths().slice(3)).toEqual([`${LIST} watch`])
})

test.each([400, 422])('a watch that is refused with %i is not asked for the same version for ever', async code => {
  transport.answers(served('rayjobs'), listOf('7', []), refusal(code), listOf('9', []), new Stream())
  await start()
  await clock.advance(1_000)
  expect(transport.query(4).get('resourceVersion')).toBe('9')
})

test.each([401, 403, 503])('a watch that is refused with %i goes on where it was', async code => {
  transport.answers(served('rayjobs'), listOf('7', []), refusal(code), new Stream())
  await start()
  await clock.advance(1_000)
  expect(paths().slice(2)).toEqual([`${LIST} watch`, `${LIST} watch`])
})

test('a kind whose definition goes and comes back elsewhere is found again', async () => {
  const stream = new Stream()
  const notFound = { status: 404, body: '404 page not found\n' }
  transport.answers(served('rayjobs'), listOf('7', [job('a', '3')]), stream)
  transport.answers(notFound, notFound, notFound, served('rays'), listOf('20', [job('b', '19')]), new Stream())
  const informer = await start()
  stream.end()
  await clock.advance(10_000)
  const asked = [`${LIST} watch`, '/apis/ray.io/v1', '/apis/ray.io/v1', '/apis/ray.io/v1']
  const found = ['/apis/ray.io/v1/rays', '/apis/ray.io/v1/rays watch']
  expect(paths().slice(3)).toEqual([...asked, ...found])
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['b'])
})

test('a kind that is defined after it was asked for is found', async () => {
  const nothing = { body: { resources: [] } }
  transport.answers(nothing, nothing, served('rayjobs'), listOf('7', [job('a', '3')]), new Stream())
  const informer = await start()
  await clock.advance(5_000)
  expect(informer.list()).toHaveLength(1)
})

test('a list that expires between two pages begins again, and tells only what the second one says', async () => {
  transport.answers(served('rayjobs'), listOf('7', [job('old', '3')], { continue: 'next' }), refusal(410))
  transport.answers(listOf('9', [job('a', '8')], { continue: 'more' }), listOf('9', [job('b', '8')]), new Stream())
  const informer = await start()
  expect(clock.monotonicMs()).toBe(0)
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  expect([transport.query(3).get('continue'), transport.query(5).get('resourceVersion')]).toEqual([null, '9'])
})

test('a list that expires between pages every time is read in one page at last', async () => {
  const first = listOf('7', [], { continue: 'next' })
  transport.answers(served('rayjobs'), first, refusal(410), first, refusal(410), listOf('9', []), new Stream())
  const informer = await start()
  await informer.synced()
  expect(transport.asked.map((_, i) => transport.query(i).get('limit'))).toEqual([
    null,
    ...Array(4).fill('500'),
    null,
    null,
  ])
})

test('a server whose every list is expired is asked with growing waits', async () => {
  transport.answers(served('rayjobs'), ...Array.from({ length: 200 }, () => refusal(410)))
  await start()
  await clock.advance(25_000)
  expect(transport.asked.length).toBeLessThan(30)
})

test('a kind that nobody serves has a list after half a minute, an empty one, and its objects once it is served', async () => {
  const notFound = { status: 404, body: '404 page not found\n' }
  for (let i = 0; i < 24; i++) transport.answers(notFound)
  const informer = await start()
  await clock.advance(20_000)
  expect(informer.hasSynced).toBe(false)
  await clock.advance(40_000)
  expect(informer.hasSynced).toBe(true)
  expect(informer.list()).toEqual([])
  // However long it lasts, it is said once.
  expect(lines).toEqual(['RayJob: lists again: the server does not serve kind RayJob of ray.io/v1'])
  transport.answers(served('rayjobs'), listOf('7', [job('n', '5')]))
  await clock.advance(60_000)
  await clock.advance(60_000)
  expect(informer.get('default', 'n')).toBeDefined()
})

test('a server that is away for long says nothing about what it serves', async () => {
  for (let i = 0; i < 12; i++) transport.answers(new Error('refused'))
  const informer = await start()
  await clock.advance(120_000)
  expect(informer.hasSynced).toBe(false)
})
