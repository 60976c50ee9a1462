/** Trials, their curves and logs. */
import { describe, expect, test } from 'vitest'
import { aTrial } from '../cluster.ts'
import { base, serving } from './serving.ts'

describe('trials', () => {
  test('filter, order, pages, columns, fields and CSV', async () => {
    const { ask } = await serving()
    const get = async (query: string) => (await ask('GET', `${base}/tune/trials?${query}`)).body
    const first = await get('order_by=objective&limit=1')
    expect([first.total, first.trials[0].name]).toEqual([3, 'tune-1'])
    const second = await get(`order_by=objective&limit=1&cursor=${first.nextCursor}`)
    expect(second.trials[0].name).toBe('tune-0')
    expect((await get('filter=status:running&fields=name,lr')).trials).toEqual([{ name: 'tune-2', lr: 0.2 }])
    const { columns } = await get('shape=columns&order_by=number%20desc&fields=number,objective')
    expect(columns).toEqual({ number: [2, 1, 0], objective: [null, 0.25, 0.5] })
    expect(await get('format=csv&fields=name,lr')).toBe('name,lr\r\ntune-0,0\r\ntune-1,0.1\r\ntune-2,0.2\r\n')
    const wrong = await ask('GET', `${base}/tune/trials?filter=${encodeURIComponent('lr < ')}`)
    expect([wrong.status, wrong.body.detail]).toEqual([400, 'filter: expected a value, got the end at position 6'])
    for (const query of ['filter=nope=1', 'order_by=-objective', 'fields=name,nope']) {
      const misspelt = await ask('GET', `${base}/tune/trials?${query}`)
      expect([misspelt.status, misspelt.body.detail]).toEqual([
        400,
        expect.stringMatching(/^no trial has a column "(nope|-objective)"$/),
      ])
      expect(misspelt.body.hint).toContain('objective, duration')
    }
    expect((await get('order=number')).problems).toEqual([
      {
        path: 'query',
        message: expect.stringMatching(/^expected filter, order_by, .*; got order; see \/openapi.json$/),
      },
    ])
  })

  test('curves keep what is no number as words', async () => {
    const { ask } = await serving(cluster => {
      cluster.summaries.set('uid-tune-0', { attempt: 0, final: true, metrics: { loss: { latest: '1', count: 2 } } })
      const curve = { metricName: 'loss', steps: [1, 2], values: [0.5, Number.NaN], times: [0, 1000], count: 2 }
      cluster.curves.set('uid-tune-0/loss', curve)
    })
    const { body } = await ask('GET', `${base}/tune/trials/tune-0/metrics`)
    expect(body.metrics).toEqual([
      {
        name: 'loss',
        steps: [1, 2],
        values: [0.5, 'NaN'],
        times: ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:01.000Z'],
        count: 2,
      },
    ])
    expect((await ask('GET', `${base}/tune/trials/tune-0/metrics?step_from=2`)).body.metrics[0].steps).toEqual([2])
  })

  test('metrics that may not be all say why; the state stays that of the last condition', async () => {
    const because = 'its collector ended before the store had everything'
    const { ask } = await serving(({ trials }) => {
      const trial = aTrial('tune', 3, '0.125')
      const [ended] = trial.status?.conditions ?? []
      const told = { type: 'MetricsIncomplete', status: 'True', reason: 'CollectorEnded', message: because }
      trials.add({ ...trial, status: { ...trial.status, conditions: [told, ...(ended ? [ended] : [])] } })
    })
    const { body } = await ask('GET', `${base}/tune/trials?order_by=number&fields=name,status,incomplete`)
    const rows = body.trials as readonly { readonly name: string; readonly incomplete: string | null }[]
    expect(rows.at(-1)).toMatchObject({ name: 'tune-3', status: 'Succeeded', incomplete: because })
    expect(rows[0]?.incomplete).toBe(null)
  })

  test('logs come from the pod, else from the kept tail, else 404', async () => {
    const { ask, cluster } = await serving()
    const logs = (query = '') => ask('GET', `${base}/tune/trials/tune-0/logs${query}`)
    expect((await logs()).status).toBe(404)
    cluster.tails.set('uid-tune-0', 'one\ntwo\n')
    expect((await logs('?tail=1')).body).toBe('two\n')
    cluster.pods.push({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod', namespace: 'team-a' }, spec: {} })
    cluster.podLog = ['half a li', 'ne\nlast']
    expect((await logs()).body).toBe('half a line\nlast')
    expect((await logs('?format=jsonl')).body).toBe('{"line":"half a line"}\n{"line":"last"}\n')
  })
})
