/** Values that trials send. */
import { describe, expect, test } from 'vitest'
import { trialToken } from '#server'
import { anExperiment, aTrial, TOKEN } from '../cluster.ts'
import { base, serving } from './serving.ts'

describe('push', () => {
  const over = { conditions: [{ type: 'Succeeded', status: 'True' as const }] }
  const keeps = { runningTrialsPolicy: 'Keep' }
  const url = '/api/v1/namespaces/team-a/trials/tune-2/metrics'
  const push = (metrics: readonly object[], token = TOKEN) => ({
    payload: { metrics },
    headers: { host: 'localhost', authorization: `Bearer ${token}` },
  })

  test('the trial’s own token reports for this trial alone', async () => {
    const { ask, cluster } = await serving()
    const own = trialToken(TOKEN, 'uid-tune-2')
    const pushed = await ask('POST', url, push([{ name: 'loss', value: 0.1, step: 3 }], own))
    expect(pushed.body).toEqual({ accepted: 1, shouldStop: false })
    expect(cluster.reports).toEqual([
      {
        trialUid: 'uid-tune-2',
        attempt: 0,
        stream: 'push',
        rows: [{ metricName: 'loss', value: '0.1', sequence: 3, step: 3 }],
      },
    ])
    expect((await ask('POST', url.replace('tune-2', 'tune-0'), push([{ name: 'loss', value: 1 }], own))).status).toBe(
      403,
    )
    expect((await ask('GET', base, { headers: push([], own).headers })).status).toBe(401)
  })

  test('a pod speaks for its own attempt, whatever it says; who holds the server’s token for the newest', async () => {
    const { ask, cluster } = await serving()
    const attempt = (token: string, more: object = {}) => {
      const request = push([{ name: 'loss', value: 1, step: 1 }], token)
      return ask('POST', url, { ...request, payload: { ...request.payload, ...more } })
    }
    await attempt(trialToken(TOKEN, 'uid-tune-2', 1_700_000_000), { attempt: 5 })
    await attempt(TOKEN)
    cluster.summaries.set('uid-tune-2', { attempt: 7, final: false, metrics: {} })
    await attempt(TOKEN)
    await attempt(TOKEN, { attempt: 5 })
    expect(cluster.reports.map(report => report.attempt)).toEqual([1_700_000_000, 0, 7, 5])
    const forged = trialToken(TOKEN, 'uid-tune-2', 1).replace(/^1/, '2')
    const refused = await attempt(forged)
    expect([refused.status, refused.body.detail]).toEqual([403, 'the bearer token is not the one of trial tune-2'])
  })

  test('sent twice it has the same sequence, and order within a batch is kept', async () => {
    const { ask, cluster } = await serving()
    const time = '2026-01-01T00:00:00.123456Z'
    const batch = push([
      { name: 'loss', value: 1, time },
      { name: 'loss', value: '0.5', time },
      { name: 'acc', value: 'NaN', time },
    ])
    await ask('POST', url, batch)
    await ask('POST', url, batch)
    const [first, second] = cluster.reports.map(report => report.rows.map(row => row.sequence))
    expect(first).toEqual([1767225600123456, 1767225600123457, 1767225600123456])
    expect(second).toEqual(first)
  })

  test('steps of one second, sent one by one, are not taken for one that was sent twice', async () => {
    const { ask, cluster } = await serving()
    for (const step of [1, 2, 3])
      await ask('POST', url, push([{ name: 'loss', value: 1, step, time: '2026-01-01T00:00:00Z' }]))
    const sequences = cluster.reports.map(report => report.rows[0].sequence)
    expect(sequences).toEqual([1767225600000001, 1767225600000002, 1767225600000003])
  })

  test('values that are no numbers are refused, all at once', async () => {
    const { ask, cluster } = await serving()
    const refused = await ask(
      'POST',
      url,
      push([
        { name: 'a', value: 'x' },
        { name: 'b', value: 1 },
        { name: 'c', value: '' },
      ]),
    )
    expect([refused.status, refused.body.problems.length, cluster.reports]).toEqual([422, 2, []])
  })

  test.each([
    { name: 'null', metrics: [{ name: 'loss', value: null }], says: 'expected a number, or one in quotes' },
    {
      name: 'too many',
      metrics: Array.from({ length: 10_001 }, (_, step) => ({ name: 'loss', value: 1, step })),
      says: 'expected at most 10000 metrics at a time; send the rest in another request',
    },
  ])('$name: refused with what is expected', async ({ metrics, says }) => {
    const { ask, cluster } = await serving()
    const refused = await ask('POST', url, push(metrics))
    expect([refused.status, refused.body.problems[0].message, cluster.reports]).toEqual([400, says, []])
  })

  test.each([
    { name: 'that has ended', wanted: true, experiment: { status: over } },
    { name: 'that has ended but keeps its trials', wanted: false, experiment: { status: over, spec: keeps } },
    { name: 'that is stopped now', wanted: true, experiment: { spec: { suspend: true, runningTrialsPolicy: 'Stop' } } },
    { name: 'whose running trials may finish', wanted: false, experiment: { spec: { suspend: true } } },
  ])('a trial of an experiment $name: shouldStop is $wanted', async ({ wanted, experiment }) => {
    const { ask } = await serving(cluster => cluster.experiments.add(anExperiment('tune', experiment)))
    expect((await ask('POST', url, push([{ name: 'loss', value: 1 }]))).body.shouldStop).toBe(wanted)
  })

  test('a trial that is being stopped is advised to stop', async () => {
    const stopping = { conditions: [{ type: 'Running', status: 'True', reason: 'Stopping' }] }
    const { ask } = await serving(cluster => cluster.trials.add(aTrial('tune', 2, undefined, stopping)))
    expect((await ask('POST', url, push([{ name: 'loss', value: 1 }]))).body.shouldStop).toBe(true)
  })
})
