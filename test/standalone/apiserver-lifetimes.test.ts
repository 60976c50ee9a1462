import { describe, expect, test } from 'vitest'
import type { Resource } from '#api'
import { createMemoryResourceStore } from '#store'
import { Compaction } from '../../standalone/apiserver/housekeeping/compaction.ts'
import { Housekeeping } from '../../standalone/apiserver/housekeeping/housekeeping.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { anApiServer, ask } from './an-api-server.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const aMap = (name: string, owner?: Resource, blocks = false): Resource => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'default',
    ...(owner
      ? {
          ownerReferences: [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              name: owner.metadata.name,
              uid: owner.metadata.uid ?? '',
              blockOwnerDeletion: blocks,
            },
          ],
        }
      : {}),
  },
})
const refTo = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name })

describe('garbage collection', () => {
  test('a background deletion takes children and grandchildren after the owner', async () => {
    await using own = await anApiServer()
    const parent = await own.client.create(aMap('parent'))
    const child = await own.client.create(aMap('child', parent))
    await own.client.create(aMap('grandchild', child))
    await own.client.create(aMap('stranger'))
    await own.client.delete(refTo('parent'))
    await own.server.idle()
    const { items } = await own.client.list({ apiVersion: 'v1', kind: 'ConfigMap' })
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['stranger'])
  })

  test('a child with another living owner stays', async () => {
    await using own = await anApiServer()
    const one = await own.client.create(aMap('one'))
    const two = await own.client.create(aMap('two'))
    const child = aMap('child', one)
    const owners = [...(child.metadata.ownerReferences ?? []), ...(aMap('x', two).metadata.ownerReferences ?? [])]
    await own.client.create({ ...child, metadata: { ...child.metadata, ownerReferences: owners } })
    await own.client.delete(refTo('one'))
    await own.server.idle()
    expect(await own.client.get(refTo('child'))).toBeDefined()
  })

  test('a foreground deletion waits for a child that blocks it and is held', async () => {
    await using own = await anApiServer()
    const parent = await own.client.create(aMap('parent'))
    const child = aMap('child', parent, true)
    await own.client.create({ ...child, metadata: { ...child.metadata, finalizers: ['test.qalam.dev/hold'] } })
    await own.client.delete(refTo('parent'), { propagation: 'Foreground' })
    await own.server.idle()
    const held = await own.client.get(refTo('parent'))
    expect(held?.metadata.finalizers).toEqual(['foregroundDeletion'])
    expect((await own.client.get(refTo('child')))?.metadata.deletionTimestamp).toBeDefined()
    await own.client.patch(refTo('child'), { metadata: { finalizers: null } })
    await own.server.idle()
    expect(await own.client.get(refTo('parent'))).toBeUndefined()
  })

  test('a child born while its owner waits for others goes too', async () => {
    await using own = await anApiServer()
    const parent = await own.client.create(aMap('parent'))
    const first = aMap('first', parent, true)
    await own.client.create({ ...first, metadata: { ...first.metadata, finalizers: ['test.qalam.dev/hold'] } })
    await own.client.delete(refTo('parent'), { propagation: 'Foreground' })
    await own.server.idle()
    await own.client.create(aMap('late', parent, true))
    await own.server.idle()
    expect(await own.client.get(refTo('late'))).toBeUndefined()
    await own.client.patch(refTo('first'), { metadata: { finalizers: null } })
    await own.server.idle()
    expect(await own.client.get(refTo('parent'))).toBeUndefined()
  })

  test('orphans stay without their owner', async () => {
    await using own = await anApiServer()
    const parent = await own.client.create(aMap('parent'))
    await own.client.create(aMap('child', parent))
    await own.client.delete(refTo('parent'), { propagation: 'Orphan' })
    await own.server.idle()
    expect(await own.client.get(refTo('parent'))).toBeUndefined()
    expect((await own.client.get(refTo('child')))?.metadata.ownerReferences ?? []).toEqual([])
  })

  test('a child born after its owner is gone goes, also when a restart finds it', async () => {
    const store = createMemoryResourceStore()
    const first = await anApiServer({ store })
    const parent = await first.client.create(aMap('parent'))
    await first.client.delete(refTo('parent'))
    await first.client.create(aMap('late', parent))
    await first.server.idle()
    expect(await first.client.get(refTo('late'))).toBeUndefined()
    await first.server[Symbol.asyncDispose]()
    const orphan = { ...aMap('lost', parent), metadata: { ...aMap('lost', parent).metadata, uid: 'some-uid' } }
    await store.put({ group: 'core', kind: 'ConfigMap', namespace: 'default', name: 'lost' }, orphan, 'absent')
    await using second = await anApiServer({ store })
    await second.server.idle()
    expect(await second.client.get(refTo('lost'))).toBeUndefined()
  })
})

describe('pods', () => {
  const pods = '/api/v1/namespaces/default/pods'
  const aPod = (nodeName?: string) => ({
    metadata: { name: 'p' },
    spec: { terminationGracePeriodSeconds: 7, containers: [{ name: 'a' }], ...(nodeName ? { nodeName } : {}) },
  })

  test('a pod on a node stays with its deadline until its kubelet deletes it with grace 0', async () => {
    const clock = createFakeClock('2026-01-01T00:00:00Z')
    await using own = await anApiServer({ clock })
    const { body: pod } = await ask(own.transport, 'POST', pods, aPod('here'))
    const marked = await ask(own.transport, 'DELETE', `${pods}/p`)
    expect(marked.body.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:07Z',
      deletionGracePeriodSeconds: 7,
    })
    await ask(own.transport, 'PATCH', `${pods}/p/status`, { status: { phase: 'Running' } }, MERGE)
    const shorter = await ask(own.transport, 'DELETE', `${pods}/p`, { gracePeriodSeconds: 2 })
    expect(shorter.body.metadata.deletionGracePeriodSeconds).toBe(2)
    const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }
    expect((await ask(own.transport, 'DELETE', `${pods}/p`, options)).body.kind).toBe('Status')
    expect((await ask(own.transport, 'GET', `${pods}/p`)).status).toBe(404)
  })

  test('a pod that runs nowhere goes at once', async () => {
    await using own = await anApiServer()
    await ask(own.transport, 'POST', pods, aPod())
    await ask(own.transport, 'DELETE', `${pods}/p`)
    expect((await ask(own.transport, 'GET', `${pods}/p`)).status).toBe(404)
  })
})

describe('namespaces', () => {
  test('contents go first; nothing new comes in meanwhile', async () => {
    await using own = await anApiServer()
    await ask(own.transport, 'POST', '/api/v1/namespaces', { metadata: { name: 'doomed' } })
    const inside = '/api/v1/namespaces/doomed/configmaps'
    await ask(own.transport, 'POST', inside, { metadata: { name: 'held', finalizers: ['test.qalam.dev/hold'] } })
    const marked = await ask(own.transport, 'DELETE', '/api/v1/namespaces/doomed')
    expect(marked.body.status.phase).toBe('Terminating')
    await own.server.idle()
    const refused = await ask(own.transport, 'POST', inside, { metadata: { name: 'new' } })
    expect(refused.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } })
    await ask(own.transport, 'PATCH', `${inside}/held`, { metadata: { finalizers: null } }, MERGE)
    await own.server.idle()
    expect((await ask(own.transport, 'GET', '/api/v1/namespaces/doomed')).status).toBe(404)
  })
})

test('events are kept for an hour', async () => {
  const clock = createFakeClock('2026-01-01T00:00:00Z')
  await using own = await anApiServer({ clock })
  const events = '/api/v1/namespaces/default/events'
  const anEvent = (name: string) => ({ metadata: { name }, involvedObject: {}, reason: 'Tested' })
  await ask(own.transport, 'POST', events, anEvent('first'))
  clock.leap(30 * 60_000)
  await ask(own.transport, 'POST', events, anEvent('second'))
  clock.leap(31 * 60_000)
  await ask(own.transport, 'POST', events, anEvent('third'))
  await own.server.idle()
  const { body } = await ask(own.transport, 'GET', events)
  expect(body.items.map(({ metadata }: Resource) => metadata.name)).toEqual(['second', 'third'])
})

test('old revisions are compacted by count, the newest stay', async () => {
  const store = createMemoryResourceStore()
  const housekeeping = new Housekeeping(line => expect.unreachable(line))
  const compaction = new Compaction(store, housekeeping, { keep: 5, every: 10 })
  const first = await store.revision()
  const ref = { group: 'core', kind: 'ConfigMap', namespace: 'default', name: 'a' }
  let current = await store.put(ref, aMap('a'), 'absent')
  for (let i = 0; i < 12; i += 1) {
    current = await store.put(ref, current, current.metadata.resourceVersion ?? '')
    compaction.changed({ object: current })
  }
  await housekeeping.idle()
  const since = (revision: string) => store.watch(ref, revision, new AbortController().signal)[Symbol.asyncIterator]()
  await expect(since(first).next()).rejects.toThrow(/compacted/)
  const recent = String(Number(current.metadata.resourceVersion) - 3)
  expect((await since(recent).next()).value).toMatchObject({ type: 'MODIFIED' })
})

test('a start on a store that is in order writes nothing', async () => {
  const store = createMemoryResourceStore()
  const first = await anApiServer({ store })
  await ask(first.transport, 'POST', maps, aMap('one'))
  await first.server[Symbol.asyncDispose]()
  const before = await store.revision()
  await using second = await anApiServer({ store })
  await second.server.idle()
  expect(await store.revision()).toBe(before)
})

const MERGE = { 'content-type': 'application/merge-patch+json' }
