/** Who may ask REST, and from where. */
import { describe, expect, test } from 'vitest'
import { bearer } from '../cluster.ts'
import { base, serving } from './serving.ts'

describe('who may ask', () => {
  const rows = [
    { name: 'no token: 401', headers: { host: 'localhost:1' }, status: 401 },
    { name: 'a foreign token: 401', headers: { host: 'localhost:1', authorization: 'Bearer other' }, status: 401 },
    { name: 'the token: 200', headers: bearer, status: 200 },
    { name: 'another Host (rebinding): 403', headers: { ...bearer, host: 'evil.example:1' }, status: 403 },
    { name: 'another origin: 403', headers: { ...bearer, origin: 'http://evil.example' }, status: 403 },
    { name: 'null origin: 403', headers: { ...bearer, origin: 'null' }, status: 403 },
    { name: 'its own origin: 200', headers: { ...bearer, origin: 'http://127.0.0.1:1' }, status: 200 },
  ]
  test.each(rows)('$name', async ({ headers, status }) => {
    const { server } = await serving()
    const response = await server.inject({ url: base, headers })
    expect(response.statusCode).toBe(status)
    if (status !== 200) expect(response.headers['content-type']).toContain('application/problem+json')
  })

  test('liveness, readiness, version and the description are open', async () => {
    const { server } = await serving()
    for (const url of ['/healthz', '/readyz', '/version', '/openapi.json'])
      expect((await server.inject({ url, headers: { host: '127.0.0.1' } })).statusCode).toBe(200)
  })
})
