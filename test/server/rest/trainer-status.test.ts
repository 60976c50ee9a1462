/** What the SDK of Kubeflow Trainer reports. */
import { describe, expect, test } from 'vitest'
import { trialToken } from '#server'
import { TOKEN } from '../cluster.ts'
import { serving } from './serving.ts'

describe('the status of a TrainJob', () => {
  const url = '/apis/trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs/tune-2/status'
  const trainerStatus = {
    progressPercentage: 45,
    estimatedRemainingSeconds: 12,
    metrics: [{ name: 'loss', value: '0.15' }],
    lastUpdatedTime: '2026-01-01T10:00:00Z',
  }
  const own = { host: '127.0.0.1', authorization: `Bearer ${trialToken(TOKEN, 'uid-tune-2')}` }

  test('is a push of its trial, whatever urllib calls its body; sent twice it counts once', async () => {
    const { cluster, ask } = await serving()
    const headers = { ...own, 'content-type': 'application/x-www-form-urlencoded' }
    const reply = await ask('POST', url, { headers, body: JSON.stringify({ trainerStatus }) })
    expect([reply.status, reply.body]).toEqual([200, { trainerStatus }])
    await ask('POST', url, { headers: own, payload: { trainerStatus } })
    const sequences = cluster.reports.flatMap(({ rows }) => rows.map(row => [row.metricName, row.value, row.sequence]))
    expect(sequences).toHaveLength(2)
    expect(sequences[0]).toEqual(sequences[1])
    expect(sequences[0].slice(0, 2)).toEqual(['loss', '0.15'])
    expect(
      (await ask('POST', url, { headers: own, payload: { trainerStatus: { progressPercentage: 50 } } })).status,
    ).toBe(200)
  })

  test('is refused with a Kubernetes Status', async () => {
    const { ask } = await serving()
    const foreign = { host: '127.0.0.1', authorization: `Bearer ${trialToken(TOKEN, 'uid-tune-1')}` }
    const other = await ask('POST', url, { headers: foreign, payload: { trainerStatus } })
    expect(other.body).toMatchObject({ kind: 'Status', status: 'Failure', code: 403 })
    const metrics = [{ name: 'loss', value: 'low' }]
    const wrong = await ask('POST', url, { headers: own, payload: { trainerStatus: { metrics } } })
    expect(wrong.body.message).toBe('values are not numbers; metrics[0].value: expected a number, got "low"')
    expect(
      (await ask('POST', url.replace('tune-2', 'none'), { headers: own, payload: { trainerStatus } })).status,
    ).toBe(404)
  })
})
