/** Lists, selectors, watches, and the forms in which objects come. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import { aConfigMap, aTrial, type Behaviour, configMaps, MERGE, trials } from './behaviour.ts'
import { changesOf } from './watch.ts'

/** Capitals: always shown; small letters: in wide tables. */
const knownColumns = {
  configmaps: ['NAME', 'DATA', 'AGE'],
  secrets: ['NAME', 'TYPE', 'DATA', 'AGE'],
  pods: ['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'ip', 'node', 'nominated node', 'readiness gates'],
  services: ['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE', 'selector'],
  events: ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'subobject', 'source', 'MESSAGE', 'first seen', 'count', 'name'],
  persistentvolumeclaims: [
    ...['NAME', 'STATUS', 'VOLUME', 'CAPACITY', 'ACCESS MODES', 'STORAGECLASS', 'VOLUMEATTRIBUTESCLASS', 'AGE'],
    'volumemode',
  ],
  serviceaccounts: ['NAME', 'AGE'],
  nodes: [
    ...['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION'],
    ...['internal-ip', 'external-ip', 'os-image', 'kernel-version', 'container-runtime'],
  ],
  namespaces: ['NAME', 'STATUS', 'AGE'],
  jobs: ['NAME', 'STATUS', 'COMPLETIONS', 'DURATION', 'AGE', 'containers', 'images', 'selector'],
  deployments: ['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE', 'containers', 'images', 'selector'],
  leases: ['NAME', 'HOLDER', 'AGE'],
}

export const reading: readonly Behaviour[] = [
  {
    name: 'lists come in pages that show one moment',
    async run(world) {
      for (const name of ['a', 'b', 'c']) await ask(world.transport, 'POST', trials(world), aTrial(name))
      const first = await ask(world.transport, 'GET', `${trials(world)}?limit=2`)
      expect(first.body.items).toHaveLength(2)
      expect(first.body).toMatchObject({ kind: 'TrialList', metadata: { remainingItemCount: 1 } })
      await ask(world.transport, 'POST', trials(world), aTrial('d'))
      const token = encodeURIComponent(first.body.metadata.continue)
      const second = await ask(world.transport, 'GET', `${trials(world)}?limit=2&continue=${token}`)
      expect(second.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c'])
      expect(second.body.metadata.continue ?? '').toBe('')
    },
  },
  {
    name: 'selectors: equality, sets, existence, metadata.name',
    async run(world) {
      for (const [name, labels] of [
        ['a', { tier: 'x' }],
        ['b', { tier: 'y' }],
        ['c', {}],
      ] as const)
        await ask(world.transport, 'POST', configMaps(world), aConfigMap(name, {}, { labels }))
      const names = async (query: string) => {
        const { body } = await ask(world.transport, 'GET', `${configMaps(world)}?${query}`)
        return body.items
          .map((item: { metadata: { name: string } }) => item.metadata.name)
          .filter((name: string) => name.length === 1)
      }
      const labels = (text: string) => names(`labelSelector=${encodeURIComponent(text)}`)
      expect(await labels('tier=x')).toEqual(['a'])
      expect(await labels('tier in (x,y)')).toEqual(['a', 'b'])
      expect(await labels('tier notin (x)')).toEqual(['b', 'c'])
      expect(await labels('!tier')).toEqual(['c'])
      expect(await names('fieldSelector=metadata.name%3Db')).toEqual(['b'])
      expect((await ask(world.transport, 'GET', `${configMaps(world)}?labelSelector=%3D%3D`)).status).toBe(400)
    },
  },
  {
    name: 'a watch replays from a version in order and follows what comes',
    async run(world) {
      const { body: list } = await ask(world.transport, 'GET', configMaps(world))
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      await ask(world.transport, 'PATCH', `${configMaps(world)}/one`, { data: { a: '2' } }, MERGE)
      const path = `${configMaps(world)}?watch=True&resourceVersion=${list.metadata.resourceVersion}&fieldSelector=metadata.name%3Done`
      const events = changesOf(world.transport, path)
      expect(await events.next()).toMatchObject({ type: 'ADDED', object: { data: { a: '1' } } })
      expect(await events.next()).toMatchObject({ type: 'MODIFIED', object: { data: { a: '2' } } })
      const pending = events.next()
      await ask(world.transport, 'DELETE', `${configMaps(world)}/one`)
      expect(await pending).toMatchObject({ type: 'DELETED', object: { kind: 'ConfigMap', metadata: { name: 'one' } } })
      await events.close()
    },
  },
  {
    name: 'a watch with a label sees an object come and go as its labels change',
    async run(world) {
      const path = `${configMaps(world)}?watch=1&labelSelector=on%3Dyes&resourceVersion=`
      const { body: list } = await ask(world.transport, 'GET', configMaps(world))
      const events = changesOf(world.transport, `${path}${list.metadata.resourceVersion}`)
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      await ask(world.transport, 'PATCH', `${configMaps(world)}/one`, { metadata: { labels: { on: 'yes' } } }, MERGE)
      await ask(world.transport, 'PATCH', `${configMaps(world)}/one`, { metadata: { labels: { on: 'no' } } }, MERGE)
      expect((await events.next())?.type).toBe('ADDED')
      expect((await events.next())?.type).toBe('DELETED')
      await events.close()
    },
  },
  {
    name: 'a watch without a version begins with what there is and ends after timeoutSeconds',
    async run(world) {
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const events = changesOf(
        world.transport,
        `${configMaps(world)}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Done`,
      )
      expect(await events.next()).toMatchObject({ type: 'ADDED' })
      expect(await events.next()).toBeUndefined()
    },
  },
  {
    name: 'metadata alone is served where it is asked for',
    async run(world) {
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
      const { body } = await ask(world.transport, 'GET', configMaps(world), undefined, { accept })
      expect(body.kind).toBe('PartialObjectMetadataList')
      expect(body.items.at(-1).metadata.name).toBe('one')
      expect(body.items.at(-1).data).toBeUndefined()
    },
  },
  {
    name: 'a Table has the columns of its definition',
    async run(world) {
      const conditions = [
        { type: 'Created', status: 'True' },
        { type: 'Running', status: 'True' },
      ]
      await ask(world.transport, 'POST', trials(world), aTrial('t'))
      await ask(world.transport, 'PATCH', `${trials(world)}/t/status`, { status: { conditions } }, MERGE)
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
      const table = await ask(world.transport, 'GET', trials(world), undefined, { accept })
      expect(table.body.kind).toBe('Table')
      expect(table.body.columnDefinitions.slice(0, 4).map(({ name }: { name: string }) => name)).toEqual([
        'Name',
        'Type',
        'Status',
        'Age',
      ])
      expect(table.body.rows[0].cells.slice(0, 3)).toEqual(['t', 'Running', 'True'])
      expect(table.body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 't' } })
    },
  },
  {
    name: 'a field selector names fields that the kind offers, and no others',
    async run(world) {
      const pods = `/api/v1/namespaces/${world.namespace}/pods`
      const spec = { automountServiceAccountToken: false, containers: [{ name: 'a', image: 'x' }] }
      await ask(world.transport, 'POST', pods, { metadata: { name: 'p' }, spec })
      const selected = async (path: string, selector: string) =>
        (await ask(world.transport, 'GET', `${path}?fieldSelector=${encodeURIComponent(selector)}`)).body
      expect((await selected(pods, 'status.phase=Pending,spec.restartPolicy!=Never')).items).toHaveLength(1)
      expect((await selected(pods, 'status.phase=Running')).items).toHaveLength(0)
      for (const path of [pods, configMaps(world), trials(world)])
        expect(await selected(path, 'spec.image=x')).toMatchObject({ code: 400, reason: 'BadRequest' })
      await ask(world.transport, 'POST', trials(world), aTrial('t'))
      await ask(world.transport, 'PATCH', `${trials(world)}/t/status`, { status: { phase: 'Running' } }, MERGE)
      expect((await selected(trials(world), 'status.phase=Running')).items).toHaveLength(1)
      expect((await selected(trials(world), 'status.phase=Failed')).items).toHaveLength(0)
      const events = `/api/v1/namespaces/${world.namespace}/events`
      const about = 'involvedObject.name=p,involvedObject.kind=Pod,type=Warning,reason=x'
      expect((await selected(events, about)).items).toEqual([])
    },
  },
  {
    name: 'tables of built-in kinds have the columns that users of kubectl know',
    async run(world) {
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
      const namespaced = `/api/v1/namespaces/${world.namespace}`
      const columns: Record<string, readonly string[]> = {}
      for (const path of [
        ...['configmaps', 'secrets', 'pods', 'services', 'events', 'persistentvolumeclaims', 'serviceaccounts'].map(
          kind => `${namespaced}/${kind}`,
        ),
        '/api/v1/nodes',
        '/api/v1/namespaces',
        `/apis/batch/v1/namespaces/${world.namespace}/jobs`,
        `/apis/apps/v1/namespaces/${world.namespace}/deployments`,
        `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases`,
      ]) {
        const { body } = await ask(world.transport, 'GET', path, undefined, { accept })
        const definitions = body.columnDefinitions as { name: string; priority: number }[]
        columns[path.split('/').at(-1) as string] = definitions.map(({ name, priority }) =>
          priority > 0 ? name.toLowerCase() : name.toUpperCase(),
        )
      }
      expect(columns).toEqual(knownColumns)
    },
  },
]
