/** The back end of Katib's UI over an embedded API: its paths, its shapes, and who may ask. */
import { afterEach, expect, test } from 'vitest'
import { API_VERSION, EXPERIMENT_LABEL, type Resource, type Trial } from '#api'
import { createInformers, systemClock, type Transport } from '#kube'
import { createRestServer, type Doorkeeper, kubeflowDoorkeeper, openDoorkeeper, Reviews } from '#server'
import { createMemoryObservationStore } from '#store'
import { anApiServer } from '../standalone/an-api-server.ts'
import { anExperiment } from '../support/builders.ts'

const running = { stack: new AsyncDisposableStack() }
afterEach(async () => {
  await running.stack.disposeAsync()
  running.stack = new AsyncDisposableStack()
})

async function serving(doorkeeper: Doorkeeper = openDoorkeeper) {
  const own = running.stack.use(await anApiServer())
  const informers = running.stack.use(createInformers({ transport: own.transport, clock: systemClock, log() {} }))
  const observations = running.stack.use(createMemoryObservationStore({ now: () => systemClock.now() }))
  const server = running.stack.use(
    await createRestServer({
      ...{ client: own.client, informers, observations, doorkeeper, clock: systemClock, version: '0', algorithms: [] },
      katibUi: { coreNamespace: 'kubeflow' },
      log() {},
    }),
  )
  const { spec } = anExperiment({ parameters: [aParameter('lr'), aParameter('layers')] })
  const create = (object: Resource) => own.client.create(object)
  await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } })
  const experiment = await create({
    apiVersion: API_VERSION,
    kind: 'Experiment',
    metadata: { name: 'tune', namespace: 'team' },
    spec,
  } as Resource)
  await withStatus(experiment, { conditions: [condition('Created'), condition('Running')], trials: 2 })
  for (const kind of ['Experiment', 'Trial']) await informers.of({ apiVersion: API_VERSION, kind }).synced()

  async function withStatus(object: Resource, status: object): Promise<Resource> {
    const stored = await own.client.replace({ ...object, status } as Resource, 'status')
    informers.of<Resource>({ apiVersion: API_VERSION, kind: object.kind }).offer(stored)
    return stored
  }

  async function aTrial(
    name: string,
    end: string,
    assigned: Record<string, string>,
    reported?: string,
  ): Promise<Trial> {
    const parameterAssignments = Object.entries(assigned).map(([key, value]) => ({ name: key, value }))
    const metadata = { name, namespace: 'team', labels: { [EXPERIMENT_LABEL]: 'tune' } }
    const { objective } = spec
    const trial = await create({
      apiVersion: API_VERSION,
      kind: 'Trial',
      metadata,
      spec: { objective, parameterAssignments },
    } as Resource)
    const metrics = reported === undefined ? [] : [{ name: 'loss', min: reported, max: '9', latest: '5' }]
    return (await withStatus(trial, { conditions: [condition(end)], observation: { metrics } })) as Trial
  }

  const ask = (url: string, more: object = {}) => server.inject({ url: `/katib/${url}`, ...more })
  return { own, informers, observations, ask, aTrial }
}

const aParameter = (name: string) => ({
  ...{ name, parameterType: 'double' as const },
  feasibleSpace: { min: '0', max: '1' },
})
const condition = (type: string) => ({
  ...{ type, status: 'True', reason: `Experiment${type}`, message: type },
  ...{ lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' },
})
const place = 'namespace=team&experimentName=tune'

test('experiments are listed with their status beside their name', async () => {
  const { ask } = await serving()
  const reply = await ask('fetch_experiments/?namespace=team')
  expect(reply.headers['content-type']).toContain('application/json')
  expect(reply.json()).toMatchObject([{ name: 'tune', namespace: 'team', type: 'hp', status: 'Running', trials: 2 }])
  expect((await ask('fetch_experiments/?namespace=other')).json()).toEqual([])
})

test('an object is itself, with or without the last slash; what is not there is 404 in plain text', async () => {
  const { ask, aTrial } = await serving()
  await aTrial('tune-a', 'Running', {})
  const experiment = await ask(`fetch_experiment/?${place}`)
  expect(experiment.json()).toMatchObject({ apiVersion: API_VERSION, kind: 'Experiment', metadata: { name: 'tune' } })
  expect((await ask('fetch_trial?namespace=team&trialName=tune-a')).json()).toMatchObject({ kind: 'Trial' })
  const missing = await ask('fetch_suggestion/?namespace=team&suggestionName=tune')
  expect([missing.statusCode, missing.body]).toEqual([404, 'no suggestion "tune" in namespace team'])
  expect(missing.headers['content-type']).toContain('text/plain')
})

test('a missing parameter is 400 and named', async () => {
  const { ask } = await serving()
  const reply = await ask('fetch_trial/?namespace=team')
  expect([reply.statusCode, reply.body]).toEqual([400, 'expected the query parameter trialName, got nothing'])
})

test('trials are a text of comma separated values: metrics of ended ones alone, the best in the direction', async () => {
  const { ask, aTrial } = await serving()
  await aTrial('tune-a', 'Succeeded', { lr: '0.5', layers: '3' }, '0.25')
  await aTrial('tune-b', 'Running', { lr: '0.1', layers: '4' }, '0.75')
  await aTrial('tune-c', 'EarlyStopped', { lr: '0.2', layers: '5' }, 'unavailable')
  const text = (await ask(`fetch_hp_job_info/?${place}`)).json() as string
  const [header, ...lines] = text.split('\n')
  expect(header).toBe('Status,trialName,loss,lr,layers')
  expect(lines.toSorted()).toEqual([
    'EarlyStopped,tune-c,,0.2,5',
    'Running,tune-b,,0.1,4',
    'Succeeded,tune-a,0.25,0.5,3',
  ])
})

test('a curve has one line a second, its best value, and no text that is no number', async () => {
  const { ask, aTrial, observations } = await serving()
  const trial = await aTrial('tune-a', 'Succeeded', {})
  const values = ['0.5', '0.25', 'NaN', '0.4']
  const times = ['10:00:00.1', '10:00:00.9', '10:00:01', '10:00:02']
  await observations.append({
    trialUid: trial.metadata.uid ?? '',
    attempt: 0,
    stream: 's',
    rows: values.map((value, i) => ({ metricName: 'loss', value, sequence: i, time: `2026-01-01T${times[i]}Z` })),
  })
  const text = (await ask('fetch_hp_job_trial_info/?namespace=team&trialName=tune-a')).json()
  expect(text).toBe('metricName,time,value\nloss,2026-01-01T10:00:00,0.25\nloss,2026-01-01T10:00:02,0.4\n')
})

test('an architecture of ENAS is drawn', async () => {
  const { ask, aTrial } = await serving()
  const embedding = { 3: { opt_type: 'convolution', opt_params: { filter_size: '5', num_filter: '64', stride: '1' } } }
  const assigned = { architecture: '[[3], [3, 1]]', nn_config: JSON.stringify({ embedding }).replaceAll('"', "'") }
  await aTrial('tune-a', 'Succeeded', assigned, '0.5')
  await aTrial('tune-b', 'Succeeded', { lr: '0.1' }, '0.5')
  const reply = (await ask(`fetch_nas_job_info/?${place}`)).json()
  expect(reply).toMatchObject([
    { Name: 'Generation 0', TrialName: 'tune-a', MetricsName: ['loss'], MetricsValue: ['0.5'] },
  ])
  expect(reply[0].Architecture).toContain('2 [label="5x5 convolution\\n64 channels\\nstride 1"];0->1;1->2;1->2;2->3;')
})

test('an Experiment is made and deleted; a link alone does neither', async () => {
  const { ask, own } = await serving()
  const made = { metadata: { name: 'second', namespace: 'team' }, spec: anExperiment().spec }
  const reply = await ask('create_experiment/', { method: 'POST', payload: { postData: made } })
  expect([reply.statusCode, reply.body]).toEqual([200, ''])
  const ref = { apiVersion: API_VERSION, kind: 'Experiment', namespace: 'team', name: 'second' }
  expect(await own.client.get(ref)).toBeDefined()
  expect((await ask(`delete_experiment/?${place}`)).statusCode).toBe(404)
  const left = await ask(`delete_experiment/?${place}`, { method: 'DELETE' })
  expect(left.json().map(({ name }: { name: string }) => name)).not.toContain('tune')
  expect(await own.client.get({ ...ref, name: 'tune' })).toBeUndefined()
})

test('templates are added, moved and deleted; with its last one a ConfigMap goes', async () => {
  const { ask } = await serving()
  const target = { updatedConfigMapNamespace: 'team', updatedConfigMapName: 'mine', updatedConfigMapPath: 'a.yaml' }
  const added = await ask('add_template/', { method: 'POST', payload: { ...target, updatedTemplateYaml: 'kind: Job' } })
  const listed = (...templates: object[]) => ({
    Data: [{ ConfigMapNamespace: 'team', ConfigMaps: [{ ConfigMapName: 'mine', Templates: templates }] }],
  })
  expect(added.json()).toEqual(listed({ Path: 'a.yaml', Yaml: 'kind: Job' }))
  const moved = { ...target, configMapPath: 'a.yaml', updatedConfigMapPath: 'b.yaml', updatedTemplateYaml: 'kind: Pod' }
  expect((await ask('edit_template/', { method: 'POST', payload: moved })).json()).toEqual(
    listed({ Path: 'b.yaml', Yaml: 'kind: Pod' }),
  )
  expect((await ask('edit_template/', { method: 'POST', payload: moved })).statusCode).toBe(404)
  const gone = { ...target, updatedConfigMapPath: 'b.yaml' }
  expect((await ask('delete_template/', { method: 'POST', payload: gone })).json()).toEqual({ Data: [] })
})

test('a ConfigMap without the label is none of the templates', async () => {
  const { ask, own } = await serving()
  const metadata = { name: 'settings', namespace: 'team' }
  await own.client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } } as Resource)
  const place = { updatedConfigMapNamespace: 'team', updatedConfigMapName: 'settings', updatedConfigMapPath: 'a' }
  expect((await ask('delete_template/', { method: 'POST', payload: place })).statusCode).toBe(404)
  const body = { ...place, configMapPath: 'a', updatedTemplateYaml: 'c' }
  expect((await ask('edit_template/', { method: 'POST', payload: body })).statusCode).toBe(404)
  const added = await ask('add_template/', { method: 'POST', payload: body })
  expect(added.statusCode).toBe(409)
})

/** An API server's answers to access reviews: jane may do what `rights` says. */
function reviewing(rights: readonly string[]): Transport {
  return {
    async send({ body }) {
      const { spec } = body as { spec: { user: string; resourceAttributes: Record<string, string> } }
      const { verb, resource, namespace = '*', subresource } = spec.resourceAttributes
      const right = `${verb} ${[resource, subresource].filter(Boolean).join('/')} ${namespace}`
      const text = JSON.stringify({ status: { allowed: spec.user === 'jane' && rights.includes(right) } })
      return { status: 201, headers: {}, text: async () => text, async *chunks() {} }
    },
  }
}
const behindGateway = (...rights: string[]) => {
  const reviews = new Reviews({ transport: reviewing(rights), clock: systemClock })
  return kubeflowDoorkeeper({ reviews, proxies: ['127.0.0.0/8', '10.1.2.3'] })
}
const jane = { 'kubeflow-userid': ':jane' }

test('behind the gateway everybody does what he may do to the objects themselves', async () => {
  const { ask } = await serving(behindGateway('list experiments team', 'get trials team'))
  expect((await ask('fetch_experiments/?namespace=team', { headers: jane })).statusCode).toBe(200)
  const denied = await ask(`delete_experiment/?${place}`, { method: 'DELETE', headers: jane })
  expect([denied.statusCode, denied.body]).toEqual([
    403,
    'jane may not delete experiments.kubeflow.org in namespace team',
  ])
  const stranger = await ask('fetch_experiments/?namespace=team', { headers: { 'kubeflow-userid': 'joe' } })
  expect(stranger.statusCode).toBe(403)
  const nas = await ask(`fetch_nas_job_info/?${place}`, { headers: jane })
  expect(nas.statusCode).toBe(403)
})

test('nobody without the header, and no header from anybody but the gateway', async () => {
  const { ask } = await serving(behindGateway('list experiments team'))
  const url = 'fetch_experiments/?namespace=team'
  const nobody = await ask(url)
  expect([nobody.statusCode, nobody.body]).toEqual([401, 'no header kubeflow-userid: nobody is logged in'])
  const direct = await ask(url, { headers: jane, remoteAddress: '10.9.9.9' })
  expect([direct.statusCode, direct.body]).toEqual([
    401,
    'the header kubeflow-userid is not believed from 10.9.9.9; come through the gateway',
  ])
  expect((await ask(url, { headers: jane, remoteAddress: '10.1.2.3' })).statusCode).toBe(200)
})

test('a page of another site does nothing in the name of who looks at it', async () => {
  const { ask } = await serving(behindGateway('delete experiments team'))
  const remove = (headers: object) =>
    ask(`delete_experiment/?${place}`, { method: 'DELETE', headers: { ...jane, host: 'kubeflow.example', ...headers } })
  expect((await remove({ origin: 'https://evil.example' })).statusCode).toBe(403)
  expect((await remove({ 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  expect((await remove({ origin: 'https://kubeflow.example' })).statusCode).toBe(200)
})

test('who may not list namespaces sees those whose experiments he may list; templates of the core are for all', async () => {
  const { ask, own } = await serving(behindGateway('list experiments default', 'get configmaps team'))
  const labels = { 'katib.kubeflow.org/component': 'trial-templates' }
  for (const namespace of ['kubeflow', 'team', 'default'])
    await own.client.create({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'templates', namespace, labels } },
      data: { a: 'kind: Job' },
    } as Resource)
  expect((await ask('fetch_namespaces', { headers: jane })).json()).toEqual(['default'])
  const { Data } = (await ask('fetch_trial_templates/', { headers: jane })).json()
  const seen = Data.map(({ ConfigMapNamespace }: { ConfigMapNamespace: string }) => ConfigMapNamespace)
  expect(seen.toSorted()).toEqual(['kubeflow', 'team'])
})

test('a proxy that is no address is refused at once', () => {
  const reviews = new Reviews({ transport: reviewing([]), clock: systemClock })
  expect(() => kubeflowDoorkeeper({ reviews, proxies: ['gateway'] })).toThrow('expected an address or a network')
})
