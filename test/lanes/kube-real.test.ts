/** The clients of kube against a real API server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { API_VERSION, ApiError, parseJson, type Resource, refOf } from '#api'
import {
  acquireLease,
  type CountedRequest,
  countingTransport,
  createClient,
  createInformers,
  httpsTransport,
  type Informers,
  type KubeconfigTransport,
  kubeconfigTransport,
  systemClock,
  type WritingClient,
} from '#kube'
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts'
import { DEFINITION, establishDefinitions, established, until } from './until.ts'

const cluster = await startRealCluster()

describe.skipIf(cluster === undefined)('kube on a real API server', () => {
  let transport: KubeconfigTransport
  let client: WritingClient
  const counted: CountedRequest[] = []

  beforeAll(async () => {
    transport = await kubeconfigTransport(running(cluster).kubeconfig)
    client = createClient(countingTransport(transport, request => counted.push(request)))
  })
  afterAll(async () => {
    await transport?.[Symbol.asyncDispose]()
    await cluster?.[Symbol.asyncDispose]()
  })

  test('create, get, replace; a name that is taken and a version that is old are told apart', async () => {
    const made = await client.create(aConfigMap('one', { a: '1' }))
    expect(await client.get(refOf(made))).toMatchObject({ data: { a: '1' }, metadata: { uid: made.metadata.uid } })
    await expect(client.create(aConfigMap('one'))).rejects.toMatchObject({ code: 409, reason: 'AlreadyExists' })
    const changed = await client.replace({ ...made, data: { a: '2' } })
    expect(changed.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion)
    await expect(client.replace({ ...made, data: { a: '3' } })).rejects.toMatchObject({ code: 409, reason: 'Conflict' })
    expect(await client.get({ ...refOf(made), name: 'absent' })).toBeUndefined()
  })

  test('a dry run is checked and not kept', async () => {
    await client.create(aConfigMap('dry'), { dryRun: true })
    expect(await client.get(refOf(aConfigMap('dry')))).toBeUndefined()
  })

  test('a merge patch changes what it names, removes what is null, and keeps to its version', async () => {
    const made = await client.create(aConfigMap('patched', { a: '1', b: '2' }))
    const patched = await client.patch<ConfigMap>(refOf(made), { data: { a: null, c: '3' } })
    expect(patched.data).toEqual({ b: '2', c: '3' })
    const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { d: '4' } }
    await expect(client.patch(refOf(made), stale)).rejects.toMatchObject({ code: 409, reason: 'Conflict' })
  })

  test('apply owns exactly its fields: what is left out later goes, what others set stays', async () => {
    await client.apply(aConfigMap('applied', { ours: '1', also: '2' }), 'qalam-lane')
    await client.patch(refOf(aConfigMap('applied')), { data: { theirs: '3' } })
    const again = await client.apply(aConfigMap('applied', { ours: '4' }), 'qalam-lane')
    expect(again.data).toEqual({ ours: '4', theirs: '3' })
    expect(again.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'qalam-lane', operation: 'Apply' }),
    )
  })

  test('what a cache leaves out is not lost by a write from the cache', async () => {
    await using informers = anInformerSet(transport)
    const configMaps = informers.of<ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap' })
    await client.apply(aConfigMap('managed', { ours: '1' }), 'qalam-lane')
    const cached = await until(configMaps, 'default', 'managed', each => each !== undefined)
    expect(cached?.metadata.managedFields).toBeUndefined()
    const replaced = await client.replace({ ...(cached as ConfigMap), data: { ours: '1', more: '2' } })
    expect(replaced.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'qalam-lane', operation: 'Apply' }),
    )
  })

  test('a patch, a status and an apply that are meant for one uid never hit its successor', async () => {
    const gone = '00000000-0000-0000-0000-000000000000'
    const conflict = { code: 409, reason: 'Conflict' }
    const made = await client.create(aJob('successor'))
    const former = { ...refOf(made), uid: gone }
    await expect(client.patch(former, { metadata: { labels: { a: 'b' } } })).rejects.toMatchObject(conflict)
    await expect(client.patch(former, { status: { active: 1 } }, 'status')).rejects.toMatchObject(conflict)
    const applied = { ...aJob('successor'), metadata: { ...aJob('successor').metadata, uid: gone } }
    await expect(client.apply(applied, 'qalam-lane')).rejects.toMatchObject(conflict)
    expect((await client.get(refOf(made)))?.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
    const patched = await client.patch(refOf(made), { metadata: { labels: { a: 'b' } } })
    expect(patched.metadata.labels).toMatchObject({ a: 'b' })
  })

  test('what the server warns of is heard, once', async () => {
    const heard: string[] = []
    const warned = createClient(transport, { onWarning: text => heard.push(text) })
    const { spec, ...rest } = aJob('warned')
    for (const name of ['warned-1', 'warned-2'])
      await warned.create({ ...rest, metadata: { ...rest.metadata, name }, spec: { ...(spec as object), bogus: 1 } })
    expect(heard).toEqual(['unknown field "spec.bogus"'])
  })

  test('a definition that is added late, removed and made anew with another plural is served without a restart', async () => {
    const lines: string[] = []
    await using informers = anInformerSet(transport, line => lines.push(line))
    const type = { apiVersion: 'lane.example.com/v1', kind: 'Widget' }
    const widgets = informers.of(type)
    const widget: Resource = { ...type, metadata: { name: 'w', namespace: 'default' } }
    for (const plural of ['widgets', 'gadgets']) {
      const definition = await client.create(aDefinition(plural))
      await established(informers, definition.metadata.name)
      const made = await client.create(widget)
      await until(widgets, 'default', 'w', object => object?.metadata.uid === made.metadata.uid)
      await client.delete(refOf(definition))
      await until(widgets, 'default', 'w', object => object === undefined)
      await until(informers.of(DEFINITION), undefined, definition.metadata.name, object => object === undefined)
    }
    expect(lines.some(line => line.includes('lists again'))).toBe(true)
  })

  test('delete: another uid is refused, gone is gone, and gone twice is no error', async () => {
    const made = await client.create(aConfigMap('deleted'))
    const other = { ...refOf(made), uid: '00000000-0000-0000-0000-000000000000' }
    await expect(client.delete(other)).rejects.toMatchObject({ code: 409, reason: 'Conflict' })
    await client.delete({ ...refOf(made), uid: made.metadata.uid })
    expect(await client.get(refOf(made))).toBeUndefined()
    await client.delete(refOf(made))
  })

  test('a list longer than a page arrives whole, each item with its kind', async () => {
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'paged' } })
    const names = Array.from({ length: 1_201 }, (_, i) => `map-${i}`)
    await inBatches(names, 60, name => client.create({ ...aConfigMap(name), metadata: { name, namespace: 'paged' } }))
    counted.length = 0
    const { items, resourceVersion } = await client.list<ConfigMap>(CONFIG_MAP, { namespace: 'paged' })
    expect(counted.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual(
      Array(3).fill('list configmaps 200'),
    )
    expect(new Set(items.map(({ metadata }) => metadata.name))).toEqual(new Set(names))
    expect(items.every(({ kind, apiVersion }) => kind === 'ConfigMap' && apiVersion === 'v1')).toBe(true)
    expect(Number(resourceVersion)).toBeGreaterThan(0)
    const { items: one } = await client.list(CONFIG_MAP, { namespace: 'paged', fieldSelector: 'metadata.name=map-7' })
    expect(one.map(({ metadata }) => metadata.name)).toEqual(['map-7'])
  })

  test('a status is written beside the spec', async () => {
    await client.create(aJob('with-status'))
    const patched = await client.patch<Resource & { status: { active?: number } }>(
      refOf(aJob('with-status')),
      { status: { active: 1, startTime: '2026-01-01T00:00:00Z' } },
      'status',
    )
    expect(patched.status.active).toBe(1)
    const ignored = await client.patch<Resource & { status: { active?: number } }>(refOf(aJob('with-status')), {
      status: { active: 7 },
    })
    expect(ignored.status.active).toBe(1)
  })

  test('kinds that no table knows are discovered; a kind that nobody serves is not found', async () => {
    const type = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }
    await client.create({ ...type, metadata: { name: 'slow' }, provisioner: 'example.com/none' } as Resource)
    const { items } = await client.list(type)
    expect(items.map(({ metadata }) => metadata.name)).toContain('slow')
    await expect(client.list({ apiVersion: 'example.com/v1', kind: 'Nothing' })).rejects.toMatchObject({
      code: 404,
      reason: 'NotFound',
    })
  })

  test('logs of a container or a pod that is not there are refused; a pod that runs nowhere has none', async () => {
    await client.create(aPod('nowhere'))
    const read = async (name: string, container: string) => {
      let text = ''
      for await (const chunk of client.logs({ namespace: 'default', name }, { container })) text += chunk
      return text
    }
    await expect(read('nowhere', 'absent')).rejects.toThrow(ApiError)
    await expect(read('nowhere', 'absent')).rejects.toMatchObject({ code: 400, reason: 'BadRequest' })
    await expect(read('absent', 'main')).rejects.toMatchObject({ code: 404, reason: 'NotFound' })
    // Bound to no node: there is nothing to read yet.
    expect(await read('nowhere', 'main')).toBe('')
  })

  test('what is invalid comes back as 422 with its causes', async () => {
    const refused = client.create(aConfigMap('Not_A_Name'))
    await expect(refused).rejects.toMatchObject({ code: 422, reason: 'Invalid' })
    const error = await refused.catch((error: ApiError) => error)
    expect((error as ApiError).details?.causes).toContainEqual(expect.objectContaining({ field: 'metadata.name' }))
  })

  test('our CRDs become Established; an Experiment keeps integers that no double holds', async () => {
    await using informers = anInformerSet(transport)
    await establishDefinitions(client, informers)
    const experiment = parse(
      readFileSync(join(import.meta.dirname, '../../examples/quadratic/experiment.yaml'), 'utf8'),
    ) as Resource & { spec: Record<string, unknown> }
    const large = parseJson('9007199254740993')
    await client.create({ ...experiment, spec: { ...experiment.spec, trialTemplate: aTemplate(large) } } as Resource)
    const { items } = await client.list<typeof experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    expect(items[0].spec.trialTemplate).toEqual(aTemplate(large))
    expect(JSON.stringify(items[0])).toContain('"activeDeadlineSeconds":9007199254740993')
    const withStatus = await client.replace({ ...items[0], status: { trials: 3 } }, 'status')
    expect(withStatus).toMatchObject({ status: { trials: 3 } })
    expect(JSON.stringify(withStatus)).toContain('"activeDeadlineSeconds":9007199254740993')
  })

  test('an informer sees what is added, changed, selected no longer, and deleted', async () => {
    await using informers = anInformerSet(transport)
    const informer = informers.of<ConfigMap>(CONFIG_MAP, { namespace: 'default', labelSelector: 'lane in (informer)' })
    const changes: string[] = []
    informer.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`))
    await informer.synced()
    const seen = await client.create(aConfigMap('seen', { n: '1' }, { lane: 'informer' }))
    await client.create(aConfigMap('unseen', {}, { lane: 'other' }))
    await until(informer, 'default', 'seen', object => object?.data?.n === '1')
    await client.patch(refOf(seen), { data: { n: '2' } })
    await until(informer, 'default', 'seen', object => object?.data?.n === '2')
    await client.patch(refOf(seen), { metadata: { labels: { lane: 'other' } } })
    await until(informer, 'default', 'seen', object => object === undefined)
    await client.patch(refOf(seen), { metadata: { labels: { lane: 'informer' } } })
    await until(informer, 'default', 'seen', object => object !== undefined)
    await client.delete(refOf(seen))
    await until(informer, 'default', 'seen', object => object === undefined)
    expect(changes).toEqual(['added seen', 'modified seen', 'deleted seen', 'added seen', 'deleted seen'])
  })

  test('two candidates for a lease: one holds it, the other gets it when it is released', async () => {
    const options = { client, clock: systemClock, namespace: 'default', name: 'lane', retryMs: 100, log: () => {} }
    const ending = new AbortController()
    const first = await acquireLease({ ...options, identity: 'first' }, ending.signal)
    let hasSecond = false
    const second = acquireLease({ ...options, identity: 'second' }, ending.signal).then(lease => {
      hasSecond = true
      return lease
    })
    await using informers = anInformerSet(transport)
    const leases = informers.of<LeaseResource>({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' })
    const { renewTime } = (await until(leases, 'default', 'lane', lease => lease !== undefined))!.spec
    await until(leases, 'default', 'lane', lease => lease?.spec.renewTime !== renewTime)
    expect([first.isHeld(), hasSecond]).toEqual([true, false])
    await first[Symbol.asyncDispose]()
    await using lease = await second
    expect([first.isHeld(), lease.isHeld()]).toEqual([false, true])
    expect((await client.get<LeaseResource>(refOf(leases.get('default', 'lane')!)))!.spec).toMatchObject({
      holderIdentity: 'second',
      leaseTransitions: 2,
    })
  })

  test('a URL, the authority and a token do without a kubeconfig; a wrong token is 401', async () => {
    const { directory } = running(cluster)
    const options = {
      server: transport.server,
      ca: readFileSync(join(directory, 'certs/apiserver.crt'), 'utf8'),
      token: /token: "(\w+)"/.exec(readFileSync(join(directory, 'kubeconfig'), 'utf8'))![1],
    }
    await using right = httpsTransport(options)
    const admin = createClient(right)
    expect(await admin.get({ apiVersion: 'v1', kind: 'Namespace', name: 'default' })).toBeDefined()
    await using wrong = httpsTransport({ ...options, token: 'wrong' })
    await expect(createClient(wrong).list(CONFIG_MAP)).rejects.toMatchObject({ code: 401, reason: 'Unauthorized' })
    await using strange = httpsTransport({ server: options.server, token: options.token })
    await expect(createClient(strange).list(CONFIG_MAP)).rejects.toThrow(/certificate/)
  })

  test('a hundred watches open at once hold up no request', async () => {
    await using informers = anInformerSet(transport)
    const sets = Array.from({ length: 100 }, (_, i) =>
      informers.of<ConfigMap>(CONFIG_MAP, { namespace: 'default', labelSelector: `set=${i}` }),
    )
    await Promise.all(sets.map(informer => informer.synced()))
    const made = await client.create(aConfigMap('of-all-sets', {}, { set: '73' }))
    await until(sets[73], 'default', 'of-all-sets', object => object !== undefined)
    await client.delete(refOf(made))
    await until(sets[73], 'default', 'of-all-sets', object => object === undefined)
  })

  test('an informer goes on after the API server was restarted', { timeout: 120_000 }, async () => {
    const lines: string[] = []
    await using informers = anInformerSet(transport, line => lines.push(line))
    const informer = informers.of<ConfigMap>(CONFIG_MAP, { namespace: 'default', labelSelector: 'lane=restart' })
    await informer.synced()
    const before = await client.create(aConfigMap('before', {}, { lane: 'restart' }))
    await until(informer, 'default', 'before', object => object !== undefined)
    await running(cluster).restart()
    await client.delete(refOf(before))
    await client.create(aConfigMap('after', {}, { lane: 'restart' }))
    await until(informer, 'default', 'after', object => object !== undefined)
    await until(informer, 'default', 'before', object => object === undefined)
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['after'])
    expect(lines.length).toBeGreaterThan(0)
  })

  test('a version from before the history is 410, for a watch too', async () => {
    const response = await transport.send({
      method: 'GET',
      path: '/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=1&timeoutSeconds=5',
    })
    expect(await response.text()).toMatch(/"code":410/)
  })
})

interface ConfigMap extends Resource {
  readonly data?: Readonly<Record<string, string>>
}
interface LeaseResource extends Resource {
  readonly spec: { readonly holderIdentity?: string; readonly renewTime?: string }
}

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }

function running(started: RealCluster | undefined): RealCluster {
  if (started === undefined) throw new Error('the cluster is started before the tests')
  return started
}

function aConfigMap(name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): ConfigMap {
  return { ...CONFIG_MAP, metadata: { name, namespace: 'default', labels }, data }
}

const podSpec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] }

function aPod(name: string): Resource {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: podSpec } as Resource
}

function aJob(name: string): Resource {
  const spec = { template: { spec: podSpec } }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'default' }, spec } as Resource
}

/** An unchecked place for a number: the body of a trial is anything. */
function aTemplate(activeDeadlineSeconds: unknown) {
  return { trialSpec: { apiVersion: 'batch/v1', kind: 'Job', spec: { activeDeadlineSeconds } } }
}

function aDefinition(plural: string): Resource {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const spec = {
    group: 'lane.example.com',
    names: { plural, singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema }],
  }
  const metadata = { name: `${plural}.lane.example.com` }
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec } as Resource
}

function anInformerSet(transport: KubeconfigTransport, log: (line: string) => void = () => {}): Informers {
  return createInformers({ transport, clock: systemClock, log })
}

async function inBatches<T>(values: readonly T[], size: number, work: (value: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < values.length; i += size) await Promise.all(values.slice(i, i + size).map(work))
}
