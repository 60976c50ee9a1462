/** Experiments over REST: made, read, stopped, refused. */
import { describe, expect, test } from 'vitest'
import { API_VERSION, ApiError } from '#api'
import { anExperiment, bearer } from '../cluster.ts'
import { base, serving } from './serving.ts'

describe('experiments', () => {
  test('are listed, by namespace and everywhere, and got with an ETag', async () => {
    const { ask } = await serving()
    expect((await ask('GET', base)).body.items).toHaveLength(1)
    expect((await ask('GET', '/api/v1/experiments')).body.items).toHaveLength(1)
    const got = await ask('GET', `${base}/tune`)
    expect([got.body.metadata.name, got.headers.etag]).toEqual(['tune', '"5"'])
    const again = await ask('GET', `${base}/tune`, { headers: { ...bearer, 'if-none-match': '"5"' } })
    expect([again.status, again.body]).toEqual([304, ''])
    expect((await ask('HEAD', `${base}/tune`)).status).toBe(200)
  })

  test('are created from YAML as well as JSON, in the namespace of the path', async () => {
    const { ask, cluster } = await serving()
    const yaml = `apiVersion: ${API_VERSION}\nkind: Experiment\nmetadata: {name: other}\nspec: {seed: 9007199254740993}\n`
    const created = await ask('POST', base, {
      payload: yaml,
      headers: { ...bearer, 'content-type': 'application/yaml' },
    })
    expect([created.status, created.headers.location]).toEqual([201, `${base}/other`])
    expect(JSON.stringify(cluster.writes[0])).toContain('"seed":9007199254740993')
    const resource = { apiVersion: API_VERSION, kind: 'Experiment', metadata: { name: 'third', namespace: 'team-b' } }
    const refused = await ask('POST', base, { payload: resource })
    expect([refused.status, refused.body.detail]).toEqual([422, expect.stringContaining('team-a')])
  })

  test('an invalid one is refused with every problem at once', async () => {
    const { ask, cluster } = await serving()
    const causes = [
      { reason: 'FieldValueInvalid', field: 'spec.objective', message: 'expected an objective' },
      { reason: 'FieldValueInvalid', field: 'spec.parameters[0].name', message: 'expected another name' },
    ]
    cluster.refusal = new ApiError(400, 'BadRequest', 'the Experiment is invalid', { details: { causes } })
    const refused = await ask('POST', `${base}/tune:validate`, {
      payload: { apiVersion: API_VERSION, kind: 'Experiment', metadata: { name: 'tune' } },
    })
    expect(refused.status).toBe(422)
    expect(refused.body.problems).toEqual(causes.map(({ field, message }) => ({ path: field, message })))
  })

  const bad = [
    { name: 'no JSON', payload: '{', type: 'application/json', status: 400 },
    { name: 'no object', payload: '[1]', type: 'application/json', status: 400 },
    { name: 'another kind', payload: '{"kind":"Pod"}', type: 'application/json', status: 422 },
    { name: 'a prototype', payload: '{"__proto__":{"x":1}}', type: 'application/json', status: 400 },
    { name: 'deep brackets', payload: '['.repeat(200_000), type: 'application/json', status: 400 },
    { name: 'a YAML bomb', payload: bomb(), type: 'application/yaml', status: 400 },
    { name: 'deep YAML lists', payload: '- '.repeat(200_000), type: 'application/yaml', status: 400 },
    { name: 'another media type', payload: '<x/>', type: 'application/xml', status: 415 },
    { name: 'more than 1 MiB', payload: `"${'x'.repeat(1_100_000)}"`, type: 'application/json', status: 413 },
  ]
  test.each(bad)('$name: one problem, $status', async ({ payload, type, status }) => {
    const { ask, cluster } = await serving()
    const refused = await ask('POST', base, { payload, headers: { ...bearer, 'content-type': type } })
    expect([refused.status, refused.body.status]).toEqual([status, status])
    expect(cluster.writes).toEqual([])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('stop suspends, now stops running trials, resume clears', async () => {
    const { ask, cluster } = await serving()
    await ask('POST', `${base}/tune:stop`)
    await ask('POST', `${base}/tune:stop`, { payload: { now: true } })
    await ask('POST', `${base}/tune:stop?now=true`)
    await ask('POST', `${base}/tune:resume`)
    cluster.experiments.add(anExperiment('tune', { spec: { suspend: true } }))
    await ask('POST', `${base}/tune:resume`)
    expect(cluster.writes.map(write => (write as { patch: { spec: unknown } }).patch.spec)).toEqual([
      { suspend: true },
      { suspend: true, runningTrialsPolicy: 'Stop' },
      { suspend: true, runningTrialsPolicy: 'Stop' },
      { suspend: null, runningTrialsPolicy: null },
      { suspend: null },
    ])
  })

  test('If-Match: another version is 412 and nothing is written, this one becomes the precondition', async () => {
    const { ask, cluster } = await serving()
    const stale = await ask('DELETE', `${base}/tune`, { headers: { ...bearer, 'if-match': '"4"' } })
    expect([stale.status, cluster.writes]).toEqual([412, []])
    const fresh = await ask('DELETE', `${base}/tune`, { headers: { ...bearer, 'if-match': '"5"' } })
    expect([fresh.status, cluster.writes]).toEqual([202, [expect.objectContaining({ resourceVersion: '5' })]])
    cluster.refusal = new ApiError(409, 'Conflict', 'changed in between')
    const lost = await ask('POST', `${base}/tune:stop`, { headers: { ...bearer, 'if-match': '"5"' } })
    expect(lost.status).toBe(412)
  })

  test('a query where none is read, a body of another type and a list are refused with what was expected', async () => {
    const { ask } = await serving()
    expect((await ask('GET', '/api/v1/experiments?limit=1')).body.problems).toEqual([
      { path: 'query', message: 'expected no query parameter; got limit; see /openapi.json' },
    ])
    const headers = { ...bearer, 'content-type': 'text/plain' }
    const plain = await ask('POST', base, { payload: 'x', headers })
    expect([plain.status, plain.body.detail]).toEqual([415, expect.stringContaining('application/yaml')])
    const list = await ask('POST', base, { payload: [] })
    expect([list.status, list.body.detail]).toEqual([400, expect.stringContaining('got a list')])
  })

  test('an unknown one, an unknown verb and an impossible name are refused', async () => {
    const { ask } = await serving()
    expect((await ask('GET', `${base}/none`)).status).toBe(404)
    expect((await ask('POST', `${base}/tune:explode`)).status).toBe(404)
    expect((await ask('GET', `${base}/a%2Fb`)).status).toBe(400)
  })
})

/** Nine lists, each nine times the one before. */
function bomb(): string {
  const levels = 'abcdefghi'.split('').map((letter, i, all) => {
    const item = i === 0 ? 'lol' : `*${all[i - 1]}`
    return `${letter}: &${letter} [${Array(9).fill(item).join(', ')}]`
  })
  return levels.join('\n')
}
