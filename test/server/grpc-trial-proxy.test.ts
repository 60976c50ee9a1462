import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openKatibWire, openTrialProxy, trialToken } from '#server'
import { createMemoryObservationStore } from '#store'
import { aTrial, Cluster, TOKEN } from './cluster.ts'
import { aPeer } from './grpc-client.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  vi.unstubAllEnvs()
  await opened.disposeAsync()
  opened = new AsyncDisposableStack()
})

/** The proxy of a server with the trials tune-0 and tune-1. */
async function proxying(port?: number) {
  const cluster = new Cluster()
  cluster.trials.add(aTrial('tune', 0), aTrial('tune', 1))
  const observations = createMemoryObservationStore({ now: () => new Date(0) })
  const { informers } = cluster
  const wire = opened.use(
    await openKatibWire({ informers, observations, token: TOKEN, recordEarlyStop: async () => {}, log: () => {} }),
  )
  const proxy = opened.use(
    await openTrialProxy({
      token: TOKEN,
      log: () => {},
      wire: async () => wire,
      ...(port === undefined ? {} : { port }),
    }),
  )
  return { proxy, observations }
}

describe("Katib's DBManager, by the name that only a cluster resolves", () => {
  const foreign = 'UNAUTHENTICATED: the token is neither that of trial "tune-0" nor the one of this server'
  const rows = [
    { who: 'the trial', shows: `uid-tune-0:${trialToken(TOKEN, 'uid-tune-0')}@`, says: {} },
    {
      who: 'another trial',
      shows: `uid-tune-1:${trialToken(TOKEN, 'uid-tune-1')}@`,
      says: 'PERMISSION_DENIED: the token is of trial tune-1, which may not speak for "tune-0"',
    },
    {
      who: 'a trial that is gone',
      shows: `uid-old:${trialToken(TOKEN, 'uid-old')}@`,
      says: 'UNAUTHENTICATED: the token is of a trial that is gone; it says nothing about "tune-0"',
    },
    { who: 'the token of an earlier server', shows: `uid-tune-0:${trialToken('old', 'uid-tune-0')}@`, says: foreign },
    { who: 'nobody', shows: '', says: foreign },
  ]
  test.each(rows)('$who asks for tune-0', async ({ shows, says }) => {
    const { proxy, observations } = await proxying()
    vi.stubEnv('grpc_proxy', `http://${shows}127.0.0.1:${proxy.port}`)
    using peer = aPeer('katib-db-manager.kubeflow:6789', 'api.v1.beta1.DBManager')
    const metricLogs = [{ timeStamp: '2026-01-01T00:00:00Z', metric: { name: 'loss', value: '1' } }]
    const reply = await peer.ask('ReportObservationLog', { trialName: 'tune-0', observationLog: { metricLogs } })
    expect(reply).toEqual(says)
    expect((await observations.summary('uid-tune-0'))?.metrics.loss.count).toBe(
      typeof says === 'string' ? undefined : 1,
    )
  })

  test('the address that a trial gets says who it is', async () => {
    const { proxy } = await proxying()
    const token = trialToken(TOKEN, 'uid-tune-0')
    expect(proxy.urlFor('uid-tune-0')).toBe(`http://uid-tune-0:${token}@127.0.0.1:${proxy.port}`)
  })
})

describe('everything else is tunnelled', () => {
  async function echo() {
    const server = createServer(socket => socket.pipe(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    opened.defer(() => new Promise<void>(resolve => server.close(() => resolve())))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const tokenOf = (uid: string) => `Basic ${Buffer.from(`${uid}:${trialToken(TOKEN, uid)}`).toString('base64')}`

  function ask(port: number, method: string, path: string, authorization?: string) {
    const { promise, resolve, reject } = Promise.withResolvers<{ status?: number; socket?: Socket }>()
    const headers = authorization === undefined ? {} : { 'proxy-authorization': authorization }
    const asked = request({ host: '127.0.0.1', port, method, path, headers })
    asked.on('connect', (reply: IncomingMessage, socket: Socket) => resolve({ status: reply.statusCode, socket }))
    asked.on('response', reply => {
      reply.resume()
      resolve({ status: reply.statusCode })
    })
    asked.on('error', reject).end()
    return promise
  }

  test('both ways, for a trial', async () => {
    const { proxy } = await proxying()
    const { status, socket } = await ask(proxy.port, 'CONNECT', await echo(), tokenOf('uid-tune-0'))
    expect(status).toBe(200)
    socket?.end('hello')
    const texts = await socket?.setEncoding('utf8').toArray()
    expect(texts?.join('')).toBe('hello')
  })

  test.each([
    { name: 'without a token: 407', method: 'CONNECT', path: 'localhost:1', status: 407 },
    {
      name: 'with a foreign one: 407',
      method: 'CONNECT',
      path: 'localhost:1',
      authorization: 'Basic YTpi',
      status: 407,
    },
    { name: 'to nowhere: 400', method: 'CONNECT', path: 'localhost', authorization: tokenOf('u'), status: 400 },
    {
      name: 'to a port nobody listens on: 502',
      method: 'CONNECT',
      path: '127.0.0.1:1',
      authorization: tokenOf('u'),
      status: 502,
    },
    { name: 'not by a plain request: 405', method: 'GET', path: '/', status: 405 },
  ])('$name', async ({ method, path, authorization, status }) => {
    const { proxy } = await proxying()
    const answer = await ask(proxy.port, method, path, authorization)
    answer.socket?.destroy()
    expect(answer.status).toBe(status)
  })
})

test('the port of an earlier server is taken again, unless somebody else has it', async () => {
  const first = await proxying()
  const second = await proxying(first.proxy.port)
  expect(second.proxy.port).not.toBe(first.proxy.port)
  await first.proxy[Symbol.asyncDispose]()
  expect((await proxying(first.proxy.port)).proxy.port).toBe(first.proxy.port)
})
