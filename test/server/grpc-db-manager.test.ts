import { afterEach, describe, expect, test } from 'vitest'
import { openKatibWire, trialToken } from '#server'
import { createMemoryObservationStore } from '#store'
import { aTrial, Cluster, TOKEN } from './cluster.ts'
import { aPeer, type Peer } from './grpc-client.ts'

const SECOND = '2026-01-02T03:04:05Z'
const opened: (AsyncDisposable | Disposable)[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse())
    await (Symbol.asyncDispose in each ? each[Symbol.asyncDispose]() : each[Symbol.dispose]())
})

function inNamespace(namespace: string, trial: ReturnType<typeof aTrial>, uid: string) {
  return { ...trial, metadata: { ...trial.metadata, namespace, uid } }
}

/** Trials tune-0 and tune-1, and same-0 in two namespaces. */
async function serving() {
  const cluster = new Cluster()
  cluster.trials.add(aTrial('tune', 0), aTrial('tune', 1))
  cluster.trials.add(
    inNamespace('team-a', aTrial('same', 0), 'uid-a'),
    inNamespace('team-b', aTrial('same', 0), 'uid-b'),
  )
  const observations = createMemoryObservationStore({ now: () => new Date('2026-02-01T00:00:00.5Z') })
  const serve = async () => {
    const wire = await openKatibWire({
      informers: cluster.informers,
      observations,
      token: TOKEN,
      recordEarlyStop: async () => {},
      log: line => void cluster.lines.push(line),
    })
    opened.push(wire)
    const { address } = await wire.listen(0)
    const peer = aPeer(address, 'api.v1.beta1.DBManager')
    opened.push(peer)
    return { wire, address, peer }
  }
  return { cluster, observations, ...(await serve()), again: async () => (await serve()).peer }
}

const log = (timeStamp: string, value: string, name = 'loss') => ({ timeStamp, metric: { name, value } })
const report = (peer: Peer, trialName: string, logs: object[], headers?: Record<string, string>) =>
  peer.ask('ReportObservationLog', { trialName, observationLog: { metricLogs: logs } }, headers)

async function read(peer: Peer, trialName: string, more: object = {}) {
  const reply = (await peer.ask('GetObservationLog', { trialName, ...more })) as {
    observationLog: { metricLogs: { timeStamp: string; metric: { name: string; value: string } }[] }
  }
  return reply.observationLog.metricLogs.map(({ timeStamp, metric }) => `${timeStamp} ${metric.name}=${metric.value}`)
}

describe('reports', () => {
  test('keep the text of a value and its time, and come back by time, in UTC', async () => {
    const { peer } = await serving()
    await report(peer, 'tune-0', [
      log('2026-01-02T04:04:06.123456789+01:00', '1e-3'),
      log(SECOND, '0.50'),
      log(SECOND, 'Genotype(a=1)', 'best'),
    ])
    expect(await read(peer, 'tune-0')).toEqual([
      `${SECOND} best=Genotype(a=1)`,
      `${SECOND} loss=0.50`,
      '2026-01-02T03:04:06.123456789Z loss=1e-3',
    ])
    expect(await read(peer, 'tune-0', { metricName: 'loss', startTime: '2026-01-02T03:04:06Z' })).toHaveLength(1)
    expect(await read(peer, 'tune-0', { metricName: 'loss', endTime: SECOND })).toEqual([`${SECOND} loss=0.50`])
  })

  test('sent again count once; values of one second are told apart, in their order', async () => {
    const { peer, observations } = await serving()
    for (const value of ['0.9', '0.9', '0.5', '0.9']) await report(peer, 'tune-0', [log(SECOND, value)])
    expect(await read(peer, 'tune-0')).toEqual(['0.9', '0.5', '0.9'].map(value => `${SECOND} loss=${value}`))
    expect((await observations.summary('uid-tune-0'))?.metrics.loss).toEqual({
      min: '0.5',
      max: '0.9',
      latest: '0.9',
      count: 3,
    })
  })

  test('a whole log sent again counts once, values without a time and times beyond microseconds included', async () => {
    const { peer } = await serving()
    const logs = [
      log('0001-01-01T00:00:00Z', '3'),
      log('0001-01-01T00:00:00Z', '3'),
      log('', '4'),
      log('2026-01-02T03:04:05.0000001Z', '5'),
      log('2026-01-02T03:04:05.0000002Z', '6'),
      log('2026-01-02T03:04:05.000001Z', '7'),
    ]
    await report(peer, 'tune-0', logs)
    await report(peer, 'tune-0', logs)
    const values = (await read(peer, 'tune-0')).map(line => line.slice(line.indexOf('=') + 1))
    expect(values).toEqual(['5', '6', '7', '3', '3', '4'])
  })

  test('to a server that starts anew count once as well', async () => {
    const { peer, again } = await serving()
    for (const value of ['0.9', '0.5']) await report(peer, 'tune-0', [log(SECOND, value)])
    const later = await again()
    await report(later, 'tune-0', [log(SECOND, '0.5')])
    await report(later, 'tune-0', [log(SECOND, '0.4')])
    await report(later, 'tune-0', [log('2026-01-02T03:04:04Z', '0.95')])
    expect((await read(later, 'tune-0')).map(line => line.slice(line.indexOf('=') + 1))).toEqual([
      '0.95',
      '0.9',
      '0.5',
      '0.4',
    ])
  })

  test('at the same time, of one trial, all count', async () => {
    const { peer } = await serving()
    await Promise.all(Array.from({ length: 20 }, (_, i) => report(peer, 'tune-0', [log(SECOND, String(i))])))
    expect(await read(peer, 'tune-0')).toHaveLength(20)
  })

  test('"unavailable" says that nothing more comes', async () => {
    const { peer, observations } = await serving()
    await report(peer, 'tune-0', [log('0001-01-01T00:00:00Z', 'unavailable')])
    expect(await observations.summary('uid-tune-0')).toMatchObject({
      final: true,
      diagnosis: 'the metrics collector of the pod did not find loss',
      metrics: {},
    })
  })

  const refused = [
    { name: 'an unknown trial', trial: 'nobody', logs: [], says: 'NOT_FOUND: no trial is named "nobody"' },
    { name: 'no trial', trial: '', logs: [], says: 'INVALID_ARGUMENT: trial_name is empty' },
    {
      name: 'bad logs, all at once',
      trial: 'tune-0',
      logs: [log('yesterday', '1'), log(SECOND, '1', '')],
      says: 'INVALID_ARGUMENT: metric_logs[0].time_stamp: expected an RFC 3339 time, got "yesterday"; metric_logs[1].metric.name is empty',
    },
  ]
  test.each(refused)('$name: refused', async ({ trial, logs, says }) => {
    const { peer } = await serving()
    expect(await report(peer, trial, logs)).toBe(says)
  })

  test('an unknown trial has an empty log, and an empty report is no error', async () => {
    const { peer } = await serving()
    expect(await read(peer, 'nobody')).toEqual([])
    expect(await report(peer, 'tune-0', [])).toEqual({})
  })
})

describe('who may speak of which trial', () => {
  const own = (uid: string) => `Bearer ${trialToken(TOKEN, uid)}`
  const ambiguous =
    'FAILED_PRECONDITION: trial "same-0" exists in the namespaces team-a and team-b; name it "team-a/same-0", or show its own token'
  const nobodys = (trial: string) =>
    `UNAUTHENTICATED: the token is neither that of trial "${trial}" nor the one of this server`
  const deletion =
    'observations are deleted by the holder of the server\'s token alone; send it as the metadata authorization: "Bearer TOKEN"'
  type Row = {
    who: string
    bearer?: string
    trial: string
    report: string
    get?: string
    remove: string
    lands?: string
  }
  const ok = 'OK'
  const rows: readonly Row[] = [
    { who: 'anyone', trial: 'tune-0', report: ok, remove: `UNAUTHENTICATED: ${deletion}`, lands: 'uid-tune-0' },
    { who: 'anyone', trial: 'same-0', report: ambiguous, remove: `UNAUTHENTICATED: ${deletion}` },
    { who: 'anyone', trial: 'team-b/same-0', report: ok, remove: `UNAUTHENTICATED: ${deletion}`, lands: 'uid-b' },
    { who: 'the operator', bearer: `Bearer ${TOKEN}`, trial: 'tune-0', report: ok, remove: ok, lands: 'uid-tune-0' },
    { who: 'the operator', bearer: `Bearer ${TOKEN}`, trial: 'same-0', report: ambiguous, remove: ambiguous },
    {
      who: 'itself',
      bearer: own('uid-a'),
      trial: 'same-0',
      report: ok,
      remove: `PERMISSION_DENIED: ${deletion}`,
      lands: 'uid-a',
    },
    {
      who: 'its namesake',
      bearer: own('uid-b'),
      trial: 'same-0',
      report: ok,
      remove: `PERMISSION_DENIED: ${deletion}`,
      lands: 'uid-b',
    },
    {
      who: 'another trial',
      bearer: own('uid-tune-1'),
      trial: 'tune-0',
      report: nobodys('tune-0'),
      remove: `PERMISSION_DENIED: ${deletion}`,
    },
    {
      who: 'a foreign token',
      bearer: 'Bearer other',
      trial: 'tune-0',
      report: nobodys('tune-0'),
      remove: `PERMISSION_DENIED: ${deletion}`,
    },
    {
      who: 'something else',
      bearer: 'Basic eDp5',
      trial: 'tune-0',
      report: 'UNAUTHENTICATED: the metadata authorization is not "Bearer TOKEN"',
      remove: 'UNAUTHENTICATED: the metadata authorization is not "Bearer TOKEN"',
    },
  ]
  test.each(rows)('$who on $trial', async row => {
    const { peer, observations } = await serving()
    const headers: Record<string, string> = row.bearer === undefined ? {} : { authorization: row.bearer }
    const said = async (method: string, request: object) => {
      const reply = await peer.ask(method, { trialName: row.trial, ...request }, headers)
      return typeof reply === 'string' ? reply : ok
    }
    expect(await said('ReportObservationLog', { observationLog: { metricLogs: [log(SECOND, '1')] } })).toBe(row.report)
    const reporters = ['uid-tune-0', 'uid-tune-1', 'uid-a', 'uid-b']
    const landed = await observations.summaries(reporters)
    expect([...landed.keys()]).toEqual(row.lands === undefined ? [] : [row.lands])
    expect(await said('GetObservationLog', {})).toBe(row.report)
    expect(await said('DeleteObservationLog', {})).toBe(row.remove)
    const left = await observations.summaries(reporters)
    expect(left.size).toBe(row.remove === ok ? 0 : landed.size)
  })
})

test("health: the names that Katib's probes use, and what stands behind them", async () => {
  const { address, observations } = await serving()
  using health = aPeer(address, 'grpc.health.v1.Health')
  const check = (service: string) => health.ask('Check', { service })
  for (const name of ['', 'grpc.health.v1.Health', 'api.v1.beta1.DBManager'])
    expect(await check(name)).toEqual({ status: 'SERVING' })
  expect(await check('other')).toBe('NOT_FOUND: no service "other" is served here')
  observations.summary = () => Promise.reject(new Error('the store is away'))
  expect(await check('')).toEqual({ status: 'NOT_SERVING' })
})

test('a failure of ours is logged and not told', async () => {
  const { peer, cluster, observations } = await serving()
  observations.append = () => Promise.reject(new Error('disk full'))
  expect(await report(peer, 'tune-0', [log(SECOND, '1')])).toBe('INTERNAL: internal error; the server has logged it')
  expect(cluster.lines).toEqual([
    expect.stringContaining('gRPC api.v1.beta1.DBManager/ReportObservationLog: Error: disk full'),
  ])
})

test('a port that is taken says so', async () => {
  const [{ address }, { wire }] = [await serving(), await serving()]
  await expect(wire.listen(Number(address.split(':')[1]))).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
