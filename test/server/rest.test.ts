import { describe, expect, test } from 'vitest'
import { API_VERSION, ApiError } from '#api'
import { trialToken } from '#server'
import { anExperiment, aTrial, bearer, Cluster, TOKEN } from './cluster.ts'

const base = '/api/v1/namespaces/team-a/experiments'

async function serving(fill: (cluster: Cluster) => void = () => {}) {
  const cluster = new Cluster()
  cluster.experiments.add(anExperiment('tune'))
  cluster.trials.add(aTrial('tune', 0, '0.5'), aTrial('tune', 1, '0.25'), aTrial('tune', 2))
  fill(cluster)
  const server = await cluster.serve()
  const ask = async (method: 'GET' | 'POST' | 'DELETE' | 'HEAD', url: string, more: object = {}) => {
    const response = await server.inject({ method, url, headers: bearer, ...more })
    const isJson =
      /json/.test(String(response.headers['content-type'])) && !/jsonl/.test(String(response.headers['content-type']))
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson && response.body !== '' ? response.json() : response.body,
    }
  }
  return { cluster, server, ask }
}

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

describe('results', () => {
  test('best: the lowest finite loss, typed parameters, and what leads', async () => {
    const { ask } = await serving(cluster => {
      cluster.trials.add(aTrial('tune', 3, 'NaN'), aTrial('tune', 4, '-Infinity'), aTrial('tune', 5, 'unavailable'))
      cluster.summaries.set('uid-tune-2', {
        attempt: 0,
        final: false,
        metrics: { loss: { min: '0.125', max: '1', latest: '0.5', count: 3 } },
      })
    })
    const { body } = await ask('GET', `${base}/tune/best`)
    expect(body).toMatchObject({ experiment: 'team-a/tune', direction: 'minimize', metric: 'loss', final: false })
    expect(body.trials).toHaveLength(1)
    expect(body.trials[0]).toMatchObject({
      name: 'tune-1',
      number: 1,
      status: 'Succeeded',
      objective: 0.25,
      parameters: { lr: 0.1, opt: '1' },
      assignments: [
        { name: 'lr', value: '0.1' },
        { name: 'opt', value: '1' },
      ],
      metrics: { loss: { min: 0.25, max: 9, latest: 5 } },
      durationSeconds: 120,
    })
    expect(body.leading).toEqual({ name: 'tune-2', number: 2, objective: 0.125 })
  })

  test('best without a usable trial: an empty list that says why', async () => {
    const { ask } = await serving(cluster => {
      cluster.experiments.add(anExperiment('empty'))
    })
    const { status, body } = await ask('GET', `${base}/empty/best`)
    expect([status, body.trials, body.reason]).toEqual([200, [], 'no trial has been created yet'])
  })

  test('history keeps the best so far; export gives every trial as CSV and JSON lines', async () => {
    const { ask } = await serving()
    const { body } = await ask('GET', `${base}/tune/history`)
    expect(body.points.map((point: { best: number }) => point.best)).toEqual([0.5, 0.25])
    const csv = await ask('GET', `${base}/tune/export`)
    expect(csv.body.split('\r\n')).toHaveLength(5)
    expect(csv.body).toMatch(/^name,number,status,objective,parameters.lr,parameters.opt,metrics.loss,/)
    const lines = (await ask('GET', `${base}/tune/export?format=jsonl`)).body.trim().split('\n')
    expect(lines.map((line: string) => JSON.parse(line).name)).toEqual(['tune-0', 'tune-1', 'tune-2'])
  })
})

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

/** Nine lists, each nine times the one before. */
function bomb(): string {
  const levels = 'abcdefghi'.split('').map((letter, i, all) => {
    const item = i === 0 ? 'lol' : `*${all[i - 1]}`
    return `${letter}: &${letter} [${Array(9).fill(item).join(', ')}]`
  })
  return levels.join('\n')
}
