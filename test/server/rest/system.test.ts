/** Figures, description and life of the server. */
import { describe, expect, test } from 'vitest'
import { aTrial } from '../cluster.ts'
import { serving } from './serving.ts'

describe('the server itself', () => {
  test('counts as Katib does, from the first list on', async () => {
    const { ask, cluster } = await serving()
    cluster.trials.add(aTrial('tune', 2, '0.75'), aTrial('tune', 3))
    cluster.trials.remove(cluster.trials.get('team-a', 'tune-0')!)
    const { body } = await ask('GET', '/metrics')
    expect(body).toContain('katib_trial_created_total{namespace="team-a"} 4')
    expect(body).toContain('katib_trial_succeeded_total{namespace="team-a"} 3')
    expect(body).toContain('katib_trial_deleted_total{namespace="team-a"} 1')
    expect(body).toContain('katib_trials_current{namespace="team-a",status="Running"} 1')
    expect(body).toContain('katib_experiments_current{namespace="team-a",status="Unknown"} 1')
  })

  test('describes every route', async () => {
    const { ask } = await serving()
    const { body } = await ask('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/namespaces/{namespace}/experiments/{name}:stop',
        '/api/v1/namespaces/{namespace}/experiments/{name}/trials/{trial}/metrics',
        '/api/v1/algorithms',
      ]),
    )
  })

  test('listens on any free port of loopback and stops', async () => {
    const { server } = await serving()
    const { url } = await server.listen({ port: 0 })
    const response = await fetch(`${url}/healthz`)
    expect([response.status, url]).toEqual([200, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)])
    await server[Symbol.asyncDispose]()
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})
