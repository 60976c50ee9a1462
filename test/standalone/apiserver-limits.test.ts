import { describe, expect, test } from 'vitest'
import { InvalidSpec } from '#api'
import { type Chunk, textOf } from '#kube'
import type { Admit } from '#standalone'
import { createMemoryResourceStore } from '#store'
import { changesOf } from '../conformance/kubernetes-api/watch.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { anApiServer, ask } from './an-api-server.ts'

const text = (chunk: Chunk) => textOf(chunk, new TextDecoder())
const maps = '/api/v1/namespaces/default/configmaps'
const experiments = '/apis/kubeflow.org/v1beta1/namespaces/default/experiments'
const MERGE = { 'content-type': 'application/merge-patch+json' }

describe('hostile bodies', () => {
  test.each([
    ['more than 1 MiB', JSON.stringify({ metadata: { name: 'a' }, data: { a: 'x'.repeat(1024 * 1024) } }), 413],
    ['200,000 open brackets', '['.repeat(200_000), 400],
    ['65 levels', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 400],
    ['a prototype as key', '{"metadata":{"name":"a"},"data":{"__proto__":"x"}}', 400],
    ['an escaped prototype as key', '{"metadata":{"name":"a"},"data":{"\\u005f_proto__":"x"}}', 400],
    ['half a body', '{"metadata":', 400],
    ['a list', '[]', 400],
    ['a text', '"x"', 400],
    ['metadata that is a list', '{"metadata":[]}', 422],
    ['labels that are a text', '{"metadata":{"name":"a","labels":"x"}}', 422],
    ['a label of 64 characters', `{"metadata":{"name":"a","labels":{"a":"${'x'.repeat(64)}"}}}`, 422],
    ['a name of 254 characters', `{"metadata":{"name":"${'x'.repeat(254)}"}}`, 422],
  ])('%s', async (_name, body, status) => {
    await using own = await anApiServer()
    const refused = await ask(own.transport, 'POST', maps, body)
    expect(refused.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(own.log).toEqual([])
  })

  test('a YAML bomb is refused quickly', async () => {
    await using own = await anApiServer()
    const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
    for (let i = 1; i < 9; i += 1)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join()}]`,
      )
    const refused = await ask(own.transport, 'POST', maps, bomb.join('\n'), { 'content-type': 'application/yaml' })
    expect(refused.status).toBe(400)
  })

  test.each(['/api/v1/%', '/apis/', '/nothing', '/apis/kubeflow.org/v9/trials'])(
    'nothing is served at %s',
    async path => {
      await using own = await anApiServer()
      expect((await ask(own.transport, 'GET', path)).status).toBe(path === '/apis/' ? 200 : 404)
    },
  )

  test.each(['exec', 'attach', 'portforward'])(
    'a pod has no door %s, and it is told what to do instead',
    async door => {
      await using own = await anApiServer()
      const { body } = await ask(own.transport, 'POST', `/api/v1/namespaces/default/pods/a/${door}`)
      expect(body).toMatchObject({ kind: 'Status', code: 405 })
      expect(body.message).toContain('is a process of this machine')
    },
  )
})

describe('admission', () => {
  test('a denial is 400 with every problem as a cause; the defaulted object is stored', async () => {
    const Experiment: Admit = ({ object }) => {
      const spec = object.spec as { maxTrialCount?: number }
      if (spec.maxTrialCount !== 0) return { ...object, spec: { ...spec, parallelTrialCount: 3 } }
      throw new InvalidSpec([
        { path: 'spec.maxTrialCount', reason: 'Invalid', message: 'must be greater than 0' },
        { path: 'spec.objective', reason: 'Required', message: 'must be specified' },
      ])
    }
    await using own = await anApiServer({ admit: { Experiment } })
    const refused = await ask(own.transport, 'POST', experiments, {
      metadata: { name: 'e' },
      spec: { maxTrialCount: 0 },
    })
    expect(refused.body).toMatchObject({ code: 400, reason: 'BadRequest' })
    expect(refused.body.message).toContain('denied the request: [spec.maxTrialCount: must be greater than 0')
    expect(refused.body.details.causes).toEqual([
      { reason: 'FieldValueInvalid', message: 'must be greater than 0', field: 'spec.maxTrialCount' },
      { reason: 'FieldValueRequired', message: 'must be specified', field: 'spec.objective' },
    ])
    const dry = await ask(own.transport, 'POST', `${experiments}?dryRun=All`, { metadata: { name: 'e' }, spec: {} })
    expect(dry.body.spec).toEqual({ parallelTrialCount: 3 })
    await ask(own.transport, 'POST', experiments, { metadata: { name: 'e' }, spec: {} })
    expect((await ask(own.transport, 'GET', `${experiments}/e`)).body.spec).toEqual({ parallelTrialCount: 3 })
  })
})

describe('watches', () => {
  test('a version that is compacted away is 410 inside the stream', async () => {
    const store = createMemoryResourceStore()
    await using own = await anApiServer({ store })
    const since = await store.revision()
    for (const name of ['a', 'b']) await ask(own.transport, 'POST', maps, { metadata: { name } })
    await store.compact(await store.revision())
    const events = changesOf(own.transport, `${maps}?watch=1&resourceVersion=${since}`)
    expect(await events.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    })
    expect(await events.next()).toBeUndefined()
  })

  test('bookmarks come by the clock; timeoutSeconds ends the stream', async () => {
    const clock = createFakeClock()
    await using own = await anApiServer({ clock })
    const response = await own.transport.send({
      method: 'GET',
      path: `${maps}?watch=true&allowWatchBookmarks=true&timeoutSeconds=70&resourceVersion=${await own.store.revision()}`,
    })
    const lines = response.chunks()[Symbol.asyncIterator]()
    const first = lines.next()
    await clock.advance(50_000)
    expect(JSON.parse(text((await first).value)).type).toBe('BOOKMARK')
    const last = lines.next()
    await clock.advance(20_000)
    expect((await last).done).toBe(true)
  })

  test('sendInitialEvents ends the beginning with an annotated bookmark', async () => {
    await using own = await anApiServer()
    await ask(own.transport, 'POST', maps, { metadata: { name: 'a' } })
    const response = await own.transport.send({
      method: 'GET',
      path: `${maps}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    })
    const lines = response.chunks()[Symbol.asyncIterator]()
    expect(JSON.parse(text((await lines.next()).value))).toMatchObject({ type: 'ADDED' })
    const mark = JSON.parse(text((await lines.next()).value))
    expect(mark.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    await lines.return?.()
  })

  test('closing the server ends every watch', async () => {
    const own = await anApiServer()
    const events = changesOf(own.transport, `${maps}?watch=true&resourceVersion=${await own.store.revision()}`)
    const pending = events.next()
    await own[Symbol.asyncDispose]()
    expect(await pending).toBeUndefined()
  })

  test('eight writers at once: versions only rise, and no event is lost or doubled', async () => {
    await using own = await anApiServer()
    const since = await own.store.revision()
    const events = changesOf(own.transport, `${maps}?watch=true&resourceVersion=${since}`)
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 25; i += 1)
          await ask(own.transport, 'POST', maps, { metadata: { name: `w${writer}-${i}` } })
      }),
    )
    const versions: number[] = []
    for (let i = 0; i < 200; i += 1) {
      const event = await events.next()
      const { resourceVersion } = (event?.object.metadata ?? {}) as { resourceVersion?: string }
      versions.push(Number(resourceVersion))
    }
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right))
    await events.close()
  })
})

describe('concurrent writers', () => {
  test('patches without a version are all kept', async () => {
    await using own = await anApiServer()
    await ask(own.transport, 'POST', maps, { metadata: { name: 'a' }, data: {} })
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        ask(own.transport, 'PATCH', `${maps}/a`, { data: { [`k${i}`]: '1' } }, MERGE),
      ),
    )
    const { body } = await ask(own.transport, 'GET', `${maps}/a`)
    expect(Object.keys(body.data)).toHaveLength(20)
  })

  test('of two creators of one name one wins', async () => {
    await using own = await anApiServer()
    const replies = await Promise.all(
      [1, 2, 3].map(() => ask(own.transport, 'POST', maps, { metadata: { name: 'a' } })),
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  })
})

test('the request log counts by verb, kind and identity', async () => {
  await using own = await anApiServer()
  own.server.requests.reset()
  const other = own.server.transport('controller')
  await ask(own.transport, 'POST', maps, { metadata: { name: 'a' } })
  await ask(other, 'PATCH', `${maps}/a`, { data: {} }, MERGE)
  await ask(other, 'GET', `${maps}/a`)
  await ask(other, 'GET', `${experiments}/none`)
  expect(own.server.requests.counts()).toEqual([
    { verb: 'create', kind: 'ConfigMap', identity: 'test', count: 1 },
    { verb: 'patch', kind: 'ConfigMap', identity: 'controller', count: 1 },
    { verb: 'get', kind: 'ConfigMap', identity: 'controller', count: 1 },
    { verb: 'get', kind: 'Experiment', identity: 'controller', count: 1 },
  ])
  expect(own.server.requests.total({ identity: 'controller' })).toBe(3)
})
