import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Resource } from '#api'
import { createInformers, type Informer, type Informers } from '#kube'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { ScriptedTransport, Stream } from './scripted-transport.ts'

const type = { apiVersion: 'v1', kind: 'Pod' }
const pod = (name: string, resourceVersion: string, more: object = {}): Resource => ({
  ...type,
  metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: { app: 'x' }, resourceVersion, ...more },
})
const listOf = (resourceVersion: string, items: readonly Resource[], more: object = {}) => ({
  body: { metadata: { resourceVersion, ...more }, items },
})
const expired = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason: 'Expired',
  code: 410,
  message: 'too old',
}

let clock: FakeClock
let transport: ScriptedTransport
let informers: Informers
let seen: string[]
let lines: string[]

beforeEach(() => {
  clock = createFakeClock()
  transport = new ScriptedTransport()
  lines = []
  informers = createInformers({ transport, clock, random: () => 0.5, log: line => lines.push(line) })
  seen = []
})
afterEach(() => informers[Symbol.asyncDispose]())

async function start(): Promise<Informer> {
  const informer = informers.of(type, {
    labelSelector: 'app=x',
    indexes: { byLetter: object => [object.metadata.name[0]] },
  })
  informer.onChange(({ type, object }) =>
    seen.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
  )
  await clock.flush()
  return informer
}

describe('an informer', () => {
  test('lists page by page, then watches from the version of the list with the same selector', async () => {
    transport.answers(listOf('7', [pod('a', '3')], { continue: 'next' }), listOf('7', [pod('b', '5')]), new Stream())
    const informer = await start()
    await informer.synced()
    expect(informer.list().map(object => object.metadata.name)).toEqual(['a', 'b'])
    expect(transport.query(1).get('continue')).toBe('next')
    expect(Object.fromEntries(transport.query(2))).toMatchObject({
      watch: 'true',
      resourceVersion: '7',
      allowWatchBookmarks: 'true',
      labelSelector: 'app=x',
      timeoutSeconds: '360',
    })
    expect(seen).toEqual(['added a@3', 'added b@5'])
  })

  test('a stream that ends is watched on from the newest event or bookmark', async () => {
    const first = new Stream()
    transport.answers(listOf('7', []), first, new Stream())
    const informer = await start()
    first.send(
      { type: 'ADDED', object: pod('a', '8') },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '20' } } },
    )
    first.end()
    await clock.flush()
    expect(transport.query(2).get('resourceVersion')).toBe('20')
    expect(informer.resourceVersion).toBe('20')
  })

  test.each(['as an ERROR event', 'as HTTP status'])('410 %s lists again and tells what is gone', async how => {
    const stream = new Stream()
    const gone = { status: 410, body: expired }
    transport.answers(listOf('7', [pod('a', '3'), pod('b', '5')]))
    if (how === 'as HTTP status') transport.answers(gone)
    else transport.answers(stream)
    transport.answers(listOf('30', [pod('b', '9')]), new Stream())
    const informer = await start()
    stream.send({ type: 'ERROR', object: expired })
    await clock.runUntil(() => seen.length >= 4)
    expect(seen.slice(2)).toEqual(['deleted a@3', 'modified b@9'])
    expect(informer.get('default', 'a')).toBeUndefined()
  })

  test('410 lists at once, but a server that says it after every list is not hammered', async () => {
    const stream = new Stream()
    const gone = { status: 410, body: expired }
    transport.answers(listOf('7', []), stream, listOf('30', [pod('a', '9')]), gone, listOf('31', []), new Stream())
    await start()
    stream.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '8' } } })
    stream.send({ type: 'ERROR', object: expired })
    await clock.flush()
    expect([seen, clock.monotonicMs(), transport.asked.length]).toEqual([['added a@9'], 0, 4])
    await clock.runUntil(() => seen.length === 2)
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(125)
  })

  test('a garbled line ends the stream and lists again instead of losing an event', async () => {
    const stream = new Stream()
    transport.answers(listOf('7', []), stream, listOf('9', [pod('a', '8')]), new Stream())
    await start()
    stream.raw('{"type":"ADDED","object":{"metad\n')
    await clock.runUntil(() => seen.length > 0)
    expect(seen).toEqual(['added a@8'])
  })

  test('refused, reset and unavailable are retried with growing waits, and Retry-After wins', async () => {
    const busy = {
      status: 429,
      headers: { 'retry-after': '7' },
      body: { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'busy' },
    }
    transport.answers(new Error('ECONNREFUSED'), { status: 503 }, busy, listOf('1', []), new Stream())
    const informer = await start()
    const at: number[] = []
    const started = clock.monotonicMs()
    for (let asked = 1; asked < 4; asked++) {
      await clock.runUntil(() => transport.asked.length > asked)
      at.push(clock.monotonicMs() - started)
    }
    await informer.synced()
    expect(at).toEqual([187.5, 187.5 + 375, 187.5 + 375 + 7_000])
  })

  test('a half-open connection is given up after 90 s without a word', async () => {
    const dead = new Stream()
    transport.answers(listOf('7', []), dead, new Stream())
    await start()
    await clock.advance(60_000)
    dead.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '8' } } })
    await clock.flush()
    await clock.advance(89_000)
    expect(transport.asked).toHaveLength(2)
    await clock.advance(2_000)
    expect(transport.asked).toHaveLength(3)
    expect(transport.query(2).get('resourceVersion')).toBe('8')
  })

  test('an older version of an object never replaces a newer one', async () => {
    const stream = new Stream()
    transport.answers(listOf('10', [pod('a', '10')]), stream)
    const informer = await start()
    stream.send({ type: 'MODIFIED', object: pod('a', '9') })
    await clock.flush()
    informer.offer(pod('a', '12'))
    informer.offer(pod('a', '11'))
    expect(informer.get('default', 'a')?.metadata.resourceVersion).toBe('12')
    expect(seen).toEqual(['added a@10', 'modified a@12'])
  })

  test('what was deleted does not come back by a late offer', async () => {
    const stream = new Stream()
    transport.answers(listOf('10', [pod('a', '10')]), stream)
    const informer = await start()
    stream.send({ type: 'DELETED', object: pod('a', '11') })
    await clock.flush()
    informer.offer(pod('a', '10'))
    expect(informer.list()).toEqual([])
  })

  test('a listener that throws is logged and harms nobody', async () => {
    transport.answers(listOf('1', [pod('a', '1')]), new Stream())
    const informer = informers.of(type, { labelSelector: 'app=x' })
    informer.onChange(() => {
      throw new Error('bad listener')
    })
    await start()
    expect(seen).toEqual(['added a@1'])
    expect(lines.join()).toContain('bad listener')
  })

  test('an index follows the cache', async () => {
    const stream = new Stream()
    transport.answers(listOf('10', [pod('a1', '1'), pod('b1', '2')]), stream)
    const informer = await start()
    stream.send({ type: 'ADDED', object: pod('a2', '11') }, { type: 'DELETED', object: pod('a1', '12') })
    await clock.flush()
    expect(informer.byIndex('byLetter', 'a').map(object => object.metadata.name)).toEqual(['a2'])
    expect(() => informer.byIndex('other', 'a')).toThrow('has no index other')
  })

  test('asked twice for one kind and selector, it watches once', async () => {
    transport.answers(listOf('1', []), new Stream())
    expect(await start()).toBe(await start())
    expect(transport.asked).toHaveLength(2)
  })

  test('what was offered after a list was made is not in it, and not gone', async () => {
    const stream = new Stream()
    transport.answers(listOf('7', []), stream, listOf('10', []), new Stream())
    const informer = await start()
    informer.offer(pod('a', '12'))
    stream.send({ type: 'ERROR', object: expired })
    await clock.runUntil(() => transport.asked.length >= 4)
    expect(informer.get('default', 'a')?.metadata.resourceVersion).toBe('12')
    expect(seen).toEqual(['added a@12'])
  })

  test('a list that is older than a deletion does not bring the object back', async () => {
    const stream = new Stream()
    transport.answers(listOf('7', [pod('a', '3')]), stream, listOf('6', [pod('a', '3')]), new Stream())
    const informer = await start()
    stream.send({ type: 'DELETED', object: pod('a', '8') }, { type: 'ERROR', object: expired })
    await clock.runUntil(() => transport.asked.length >= 4)
    expect(informer.list()).toEqual([])
  })

  test('another object under the same name is the end of the first', async () => {
    const stream = new Stream()
    transport.answers(listOf('7', [pod('a', '3')]), stream)
    await start()
    stream.send({ type: 'ADDED', object: pod('a', '9', { uid: 'another' }) })
    await clock.flush()
    expect(seen).toEqual(['added a@3', 'deleted a@3', 'added a@9'])
  })

  test('a watch that ends at once again and again is opened with growing waits', async () => {
    const ended = () => {
      const stream = new Stream()
      stream.end()
      return stream
    }
    transport.answers(listOf('7', []), ...Array.from({ length: 50 }, ended))
    await start()
    await clock.advance(10_000)
    expect(transport.asked.length).toBeLessThan(10)
  })

  test('a list without an answer is given up after 90 s and asked again', async () => {
    transport.answers()
    await start()
    await clock.advance(89_000)
    expect(transport.asked).toHaveLength(1)
    await clock.advance(3_000)
    expect(transport.asked).toHaveLength(2)
  })

  test('what left the selector and came back is seen again', async () => {
    const stream = new Stream()
    transport.answers(listOf('7', [pod('a', '3')]), stream)
    const informer = await start()
    stream.send({ type: 'DELETED', object: pod('a', '8') }, { type: 'ADDED', object: pod('a', '9') })
    await clock.flush()
    expect(informer.get('default', 'a')?.metadata.resourceVersion).toBe('9')
  })

  test('what is offered from outside of the namespace or the selector never enters', async () => {
    const scope = { namespace: 'default', labelSelector: 'app=x' }
    transport.answers(listOf('7', []), new Stream())
    const informer = informers.of(type, scope)
    await clock.flush()
    informer.offer(pod('a', '8', { labels: { app: 'y' } }))
    informer.offer(pod('b', '9', { namespace: 'other' }))
    informer.offer(pod('c', '10'))
    expect(informer.list().map(object => object.metadata.name)).toEqual(['c'])
  })

  test('an offer that the selector does not match any more is a deletion, and a late event does not undo it', async () => {
    const stream = new Stream()
    transport.answers(listOf('7', [pod('a', '3')]), stream)
    const informer = await start()
    informer.offer(pod('a', '2', { labels: {} }))
    expect(informer.get('default', 'a')).toBeDefined()
    informer.offer(pod('a', '9', { labels: {} }))
    informer.offer(pod('b', '10', { labels: {} }))
    stream.send({ type: 'MODIFIED', object: pod('a', '8') }, { type: 'ADDED', object: pod('b', '8') })
    await clock.flush()
    expect([informer.list(), informer.byIndex('byLetter', 'a')]).toEqual([[], []])
    stream.send({ type: 'DELETED', object: pod('a', '9') }, { type: 'ADDED', object: pod('b', '11') })
    await clock.flush()
    expect(seen).toEqual(['added a@3', 'deleted a@9', 'added b@11'])
  })

  test('who wrote which field is kept by no cache, however an object came', async () => {
    const stream = new Stream()
    const managedFields = [{ manager: 'kubectl', operation: 'Update' }]
    const annotations = { kept: 'yes' }
    transport.answers(listOf('7', [pod('a', '3', { managedFields, annotations })]), stream)
    const informer = await start()
    stream.send({ type: 'ADDED', object: pod('b', '8', { managedFields, annotations }) })
    await clock.flush()
    informer.offer(pod('c', '9', { managedFields, annotations }))
    expect(informer.list()).toEqual([
      pod('a', '3', { annotations }),
      pod('b', '8', { annotations }),
      pod('c', '9', { annotations }),
    ])
  })

  test('an offer does not move the version that the watch has reached', async () => {
    transport.answers(listOf('7', [pod('a', '3')]), new Stream())
    const informer = await start()
    informer.offer(pod('a', '9', { labels: {} }))
    expect(informer.resourceVersion).toBe('7')
  })

  test('waiting for the first list ends when the informers are closed', async () => {
    const informer = await start()
    const waiting = informer.synced()
    await informers[Symbol.asyncDispose]()
    await expect(waiting).rejects.toThrow('the informers are closed')
    expect(clock.pending).toBe(0)
  })
})
