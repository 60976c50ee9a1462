import { describe, expect, test } from 'vitest'
import {
  type CountedRequest,
  countingTransport,
  type KubeRequest,
  limitedTransport,
  patientTransport,
  type Transport,
} from '#kube'
import { createFakeClock } from '../support/fake-clock.ts'
import { ScriptedTransport } from './scripted-transport.ts'

const trials = '/apis/kubeflow.org/v1beta1/namespaces/default/trials'
const ask = (path: string, method: KubeRequest['method'] = 'GET', signal?: AbortSignal): KubeRequest => ({
  method,
  path,
  ...(signal ? { signal } : {}),
})

describe('countingTransport', () => {
  test.each([
    { request: ask(`${trials}?limit=500`), verb: 'list', resource: 'trials' },
    { request: ask(`${trials}?watch=true&resourceVersion=1`), verb: 'watch', resource: 'trials' },
    { request: ask(`${trials}?watch=false`), verb: 'list', resource: 'trials' },
    { request: ask('/apis/kubeflow.org/v1beta1/trials'), verb: 'list', resource: 'trials' },
    { request: ask(`${trials}/a`), verb: 'get', resource: 'trials' },
    { request: ask(trials, 'POST'), verb: 'create', resource: 'trials' },
    { request: ask(`${trials}/a/status`, 'PUT'), verb: 'update', resource: 'trials/status' },
    { request: ask(`${trials}/a`, 'PATCH'), verb: 'patch', resource: 'trials' },
    { request: ask(`${trials}/a`, 'DELETE'), verb: 'delete', resource: 'trials' },
    { request: ask(trials, 'DELETE'), verb: 'deletecollection', resource: 'trials' },
    { request: ask('/api/v1/namespaces/default/pods/a/log'), verb: 'get', resource: 'pods/log' },
    { request: ask('/api/v1/namespaces/default'), verb: 'get', resource: 'namespaces' },
    { request: ask('/api/v1/namespaces'), verb: 'list', resource: 'namespaces' },
    { request: ask('/api/v1/namespaces/default/finalize', 'PUT'), verb: 'update', resource: 'namespaces/finalize' },
    { request: ask('/api/v1/nodes/local/status', 'PATCH'), verb: 'patch', resource: 'nodes/status' },
    { request: ask('/version'), verb: 'list', resource: '' },
    { request: ask('/apis/batch/v1'), verb: 'list', resource: '' },
  ])('$request.method $request.path is $verb $resource', async ({ request, verb, resource }) => {
    const counted: CountedRequest[] = []
    const transport = countingTransport(new ScriptedTransport().answers({ status: 202 }), each => counted.push(each))
    await transport.send(request)
    expect(counted).toEqual([{ verb, resource, code: 202 }])
  })

  test('no response: counted with code 0, and the error goes on', async () => {
    const counted: CountedRequest[] = []
    const broken = new ScriptedTransport().answers(new Error('reset'))
    const sent = countingTransport(broken, each => counted.push(each)).send(ask(trials))
    await expect(sent).rejects.toThrow('reset')
    expect(counted).toEqual([{ verb: 'list', resource: 'trials', code: 0 }])
  })
})

describe('limitedTransport', () => {
  function aLimited(perSecond: number, burst: number, answers = 100) {
    const clock = createFakeClock()
    const inner = new ScriptedTransport().answers(...Array.from({ length: answers }, () => ({})))
    return { clock, inner, limited: limitedTransport(inner, { clock, perSecond, burst }) }
  }

  test('a burst goes at once, the rest at the rate, in order', async () => {
    const { clock, inner, limited } = aLimited(2, 3)
    for (let i = 0; i < 6; i++) void limited.send(ask(`/${i}`))
    await clock.flush()
    expect(inner.asked.map(({ path }) => path)).toEqual(['/0', '/1', '/2'])
    await clock.advance(499)
    expect(inner.asked).toHaveLength(3)
    await clock.advance(1)
    expect(inner.asked.at(-1)?.path).toBe('/3')
    await clock.advance(1_000)
    expect(inner.asked.map(({ path }) => path)).toEqual(['/0', '/1', '/2', '/3', '/4', '/5'])
  })

  test('a long pause saves up one burst and no more', async () => {
    const { clock, inner, limited } = aLimited(10, 2)
    await clock.advance(60_000)
    for (let i = 0; i < 5; i++) void limited.send(ask(`/${i}`))
    await clock.flush()
    expect(inner.asked).toHaveLength(2)
  })

  test('who aborts while waiting is never sent and gives the turn back', async () => {
    const { clock, inner, limited } = aLimited(1, 1)
    const gaveUp = new AbortController()
    void limited.send(ask('/first'))
    const aborted = limited.send(ask('/second', 'GET', gaveUp.signal))
    gaveUp.abort(new Error('gave up'))
    await expect(aborted).rejects.toThrow('gave up')
    void limited.send(ask('/third'))
    await clock.advance(1_000)
    expect(inner.asked.map(({ path }) => path)).toEqual(['/first', '/third'])
  })

  test('many requests over a long time never pass burst plus rate', async () => {
    const { clock, inner, limited } = aLimited(5, 4, 1_000)
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 9; i++) void limited.send(ask('/'))
      await clock.advance(1_000)
      expect(inner.asked.length).toBeLessThanOrEqual(4 + 5 * (second + 1))
    }
    expect(inner.asked).toHaveLength(4 + 5 * 20)
  })

  test.each([
    { perSecond: 0, burst: 1 },
    { perSecond: 1, burst: 0 },
    { perSecond: Number.NaN, burst: 1 },
  ])('perSecond $perSecond with burst $burst is refused', ({ perSecond, burst }) => {
    expect(() => aLimited(perSecond, burst)).toThrow('expected perSecond > 0 and burst >= 1')
  })
})

describe('patientTransport', () => {
  const busy = { status: 429, headers: { 'retry-after': '2', 'content-type': 'text/plain' } }
  const ofOneObject = { status: 429, headers: { 'retry-after': '2', 'content-type': 'application/json' } }

  function aPatient(...answers: readonly { status?: number; headers?: Record<string, string> }[]) {
    const clock = createFakeClock()
    const lines: string[] = []
    const inner = new ScriptedTransport().answers(...answers)
    const patient = patientTransport(inner, { clock, log: line => lines.push(line) })
    const send = (path: string, signal?: AbortSignal) =>
      patient.send(ask(path, 'GET', signal)).then(
        ({ status }) => status,
        () => 'gave up',
      )
    return { clock, inner, lines, send, paths: () => inner.asked.map(({ path }) => path) }
  }

  test('while the server has no room one request asks each time, and then all go in their order', async () => {
    const { clock, lines, send, paths } = aPatient(busy, busy, busy, {}, {}, {})
    expect(await send('/0')).toBe(429)
    const later = ['/1', '/2', '/3', '/4', '/5'].map(path => send(path))
    await clock.advance(1_999)
    expect(paths()).toEqual(['/0'])
    await clock.advance(2_001)
    expect(paths()).toEqual(['/0', '/1', '/2'])
    await clock.advance(2_000)
    expect(paths()).toEqual(['/0', '/1', '/2', '/3', '/4', '/5'])
    expect(await Promise.all(later)).toEqual([429, 429, 200, 200, 200])
    expect(lines).toEqual([expect.stringContaining('no room'), expect.stringMatching(/after 6 s; 2 requests waited/)])
  })

  test('where the same would only be asked again, the refused one waits in line himself, and nobody hears of it', async () => {
    const clock = createFakeClock()
    const inner = new ScriptedTransport().answers(busy, busy, busy, {}, {}, {})
    const patient = patientTransport(inner, { clock, asksAgain: true, log: () => {} })
    const sent = ['/0', '/1', '/2'].map(path => patient.send(ask(path)))
    await clock.flush()
    await clock.advance(2_000)
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(inner.asked.map(({ path }) => path)).toEqual(['/0', '/1', '/2', '/0', '/1', '/2'])
  })

  test('a 429 that speaks of one object holds nobody else up', async () => {
    const { send } = aPatient(ofOneObject, {})
    expect([await send('/0'), await send('/1')]).toEqual([429, 200])
  })

  test('whoever comes when it is time and nobody waits asks', async () => {
    const { clock, send, paths } = aPatient(busy, {})
    await send('/0')
    await clock.advance(10_000)
    expect(await send('/1')).toBe(200)
    expect(paths()).toEqual(['/0', '/1'])
  })

  test.each([
    { name: 'gives up', end: (giveUp: AbortController) => giveUp.abort(new Error('enough')), afterMs: 0 },
    { name: 'hears nothing for 5 s', end: () => {}, afterMs: 5_000 },
  ])('the one that asks $name: the next one does', async ({ end, afterMs }) => {
    const hangs = new AbortController()
    const clock = createFakeClock()
    const asked: string[] = []
    const inner: Transport = {
      send: request => {
        asked.push(request.path)
        if (request.path !== '/1')
          return new ScriptedTransport().answers(request.path === '/0' ? busy : {}).send(request)
        return new Promise((_, reject) =>
          request.signal?.addEventListener('abort', () => reject(request.signal?.reason)),
        )
      },
    }
    const patient = patientTransport(inner, { clock, log: () => {} })
    await patient.send(ask('/0'))
    void patient.send(ask('/1', 'GET', hangs.signal)).catch(() => {})
    const next = patient.send(ask('/2'))
    await clock.advance(2_000)
    expect(asked).toEqual(['/0', '/1'])
    end(hangs)
    await clock.advance(afterMs)
    expect((await next).status).toBe(200)
  })

  test('one that gives up while it waits is not sent', async () => {
    const { clock, send, paths } = aPatient(busy, {})
    await send('/0')
    const giveUp = new AbortController()
    const gone = send('/1', giveUp.signal)
    const next = send('/2')
    giveUp.abort(new Error('enough'))
    expect(await gone).toBe('gave up')
    await clock.advance(2_000)
    expect([await next, paths()]).toEqual([200, ['/0', '/2']])
  })
})
