/** Controller and store as two processes under their shipped rights, collectors with pod-bound tokens, on a real API server. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, type Experiment, isTrue, type Resource, STORE_AUDIENCE, type Trial } from '#api'
import type { Informers, KubeconfigTransport, KubeRequest, WritingClient } from '#kube'
import { aPeer } from '../server/grpc-client.ts'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { untilFile } from '../support/until-file.ts'
import { podToken } from './collector-over.ts'
import { exampleExperiment } from './example.ts'
import { grant } from './foreign-kinds.ts'
import { enter, laneDirectory } from './lane.ts'
import { IMAGE, type LaneStore, podOf, retaining, startStoreAndController } from './lane-store.ts'
import { deniedOf, requestsOf, unusedOf } from './rights.ts'
import { applyManifests, databaseUrlOf, manifest, tokenOf } from './shipped-account.ts'
import { until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true, env: { AUDIT: '1', SERVICE_ACCOUNT: '1' } })
const emptyDatabase = usePostgres()

describe.skipIf(cluster === undefined)('qalam store beside qalam controller', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let transport: KubeconfigTransport
  let client: WritingClient
  let informers: Informers
  let store: LaneStore

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ transport, client, informers } = lane)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/controller.yaml', 'rbac/store.yaml', 'webhook/secret.yaml')
    await applyManifests(client, 'webhook/configurations.yaml')
    const accounts = informers.of({ apiVersion: 'v1', kind: 'ServiceAccount' })
    await until(accounts, 'default', 'default', account => account !== undefined)
    store = await startStoreAndController(lane, {
      running,
      admin: cluster.kubeconfig,
      namespace: 'kubeflow',
      directory: laneDirectory(running),
      databaseUrl: databaseUrlOf((await emptyDatabase()).config),
      storeFlags: ['--health-port', '0', '--grpc-port', '0'],
      controllerFlags: [],
      firstFlags: ['--webhook-port', '0'],
      log,
    })
  }, 180_000)
  afterAll(() => running.disposeAsync(), 120_000)

  test('an experiment runs to its end, every value by way of a pod-bound token', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await client.create(exampleExperiment('reported', { maxTrialCount: 4, parallelTrialCount: 2 }))
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    const ended = await until(experiments, 'default', 'reported', each => isTrue(each?.status?.conditions, 'Succeeded'))
    expect(ended?.status?.trialsSucceeded).toBe(4)
    expect(ended?.status?.currentOptimalTrial?.observation?.metrics?.[0]?.latest).toMatch(/^\d/)
  }, 60_000)

  test('the collector is the only container with the token, and is restricted', async () => {
    await client.create(retaining(exampleExperiment('kept', { maxTrialCount: 1, parallelTrialCount: 1 })))
    const pod = await podOf({ informers }, 'default', 'kept')
    const spec2 = pod.spec as unknown as PodSpec
    const collector = spec2.initContainers.find(({ name }) => name === 'metrics-logger-and-collector')
    expect(collector).toMatchObject({
      image: IMAGE,
      args: expect.arrayContaining(['-t', '-m', '-path']),
      restartPolicy: 'Always',
      securityContext: { runAsNonRoot: true, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    })
    const holders = [...spec2.initContainers, ...spec2.containers].filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => name === 'qalam-token'),
    )
    expect(holders.map(({ name }) => name)).toEqual(['metrics-logger-and-collector'])
  }, 60_000)

  test('who may do what: a pod for its own trial, the controller alone for observations, people by their rights', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const pod = await podOf({ informers }, 'default', 'kept')
    const trial = pod.metadata.labels?.['katib.kubeflow.org/trial'] ?? ''
    const [other] = (await trials()).filter(({ metadata }) => metadata.name !== trial)
    const place = { namespace: 'default', name: pod.metadata.name, uid: pod.metadata.uid ?? '' }
    const own = await podToken(transport, place, STORE_AUDIENCE)
    const wrongAudience = await podToken(transport, place, 'https://elsewhere')
    const report = (name: string) => `/api/v1/namespaces/default/trials/${name}/reports`
    const rows = { stream: 'late', rows: [] }
    const cases = [
      { name: 'its own trial', token: own, path: report(trial), status: 200 },
      { name: 'another trial', token: own, path: report(other?.metadata.name ?? ''), status: 403 },
      { name: 'wrong audience', token: wrongAudience, path: report(trial), status: 401 },
      { name: 'no token', token: '', path: report(trial), status: 401 },
      { name: 'a forged token', token: `${own}x`, path: report(trial), status: 401 },
      { name: 'observations', token: own, path: '/observations/v1/append', status: 403, body: observation(trial) },
    ]
    for (const { name, token, path, status, body = rows } of cases)
      expect([name, await statusOf('POST', path, token, body)]).toEqual([name, status])
    const forApi = await podToken(transport, place, `${transport.server}`)
    expect(await statusOf('POST', report(trial), forApi, rows)).toBe(403)
    const controllerForApi = await tokenOf('qalam-controller', transport)
    const controller = await tokenOf('qalam-controller', transport, STORE_AUDIENCE)
    const summaries = { trialUids: [] }
    expect(await statusOf('POST', '/observations/v1/summaries', controller, summaries)).toBe(200)
    expect(await statusOf('POST', '/observations/v1/summaries', controllerForApi, summaries)).toBe(403)
    const list = '/api/v1/namespaces/default/experiments'
    expect(await statusOf('GET', list, own)).toBe(403)
    expect(await statusOf('GET', list, await tokenOf('qalam-controller', transport))).toBe(200)
    expect(await statusOf('DELETE', `${list}/kept`, controllerForApi)).toBe(403)
  }, 60_000)

  test("the routes of Katib's UI answer with what the asker may see", async () => {
    const labels = { 'katib.kubeflow.org/component': 'trial-templates' }
    const metadata = { name: 'trial-templates', namespace: 'kubeflow', labels }
    await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'kind: Job' } } as Resource)
    const token = await tokenOf('qalam-controller', transport)
    const namespaces = await store.ask('GET', '/katib/fetch_namespaces', token)
    // It may list experiments everywhere, but not namespaces.
    expect([namespaces.status, JSON.parse(namespaces.text)]).toEqual([
      200,
      expect.arrayContaining(['default', 'kubeflow']),
    ])
    const templates = await store.ask('GET', '/katib/fetch_trial_templates/', token)
    expect(JSON.parse(templates.text).Data).toMatchObject([{ ConfigMapNamespace: 'kubeflow' }])
    const experiments = await store.ask('GET', '/katib/fetch_experiments/?namespace=default', token)
    const reported = expect.objectContaining({ name: 'reported', status: 'Succeeded', trialsSucceeded: 4 })
    expect(JSON.parse(experiments.text)).toEqual(expect.arrayContaining([reported]))
    const place = 'namespace=default&experimentName=reported'
    const denied = await store.ask('DELETE', `/katib/delete_experiment/?${place}`, token)
    expect([denied.status, denied.text]).toEqual([
      403,
      expect.stringContaining('may not delete experiments.kubeflow.org'),
    ])
    expect(await statusOf('GET', '/katib/fetch_namespaces', '')).toBe(401)
  }, 60_000)

  test("Katib's wire reads what was reported, and takes no report from where no pod of the trial is", async () => {
    const [trial] = (await trials()).filter(
      ({ metadata }) => metadata.labels?.['katib.kubeflow.org/experiment'] === 'reported',
    )
    const trialName = trial?.metadata.name ?? ''
    using peer = aPeer(store.grpcAddress, 'api.v1.beta1.DBManager')
    const reply = (await peer.ask('GetObservationLog', { trialName })) as {
      observationLog: { metricLogs: { metric: { name: string } }[] }
    }
    expect(new Set(reply.observationLog.metricLogs.map(({ metric }) => metric.name))).toEqual(new Set(['loss']))
    const report = { trialName, observationLog: { metricLogs: [] } }
    expect(await peer.ask('ReportObservationLog', report)).toMatch(/^PERMISSION_DENIED: /)
    expect(await peer.ask('DeleteObservationLog', { trialName })).toMatch(/^UNAUTHENTICATED: /)
  }, 60_000)

  test('what people may do the store does for them, and a collector stops its own trial', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const verbs = ['get', 'list', 'create', 'patch', 'delete']
    const rules = [
      { apiGroups: ['kubeflow.org'], resources: ['experiments', 'trials', 'suggestions'], verbs },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    ]
    await client.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'person', namespace: 'kubeflow' },
    })
    for (const object of grant('person', rules)) await client.create(object)
    const person = await tokenOf('person', transport)
    const base = '/api/v1/namespaces/default/experiments'
    expect(await statusOf('POST', base, person, sleeping('theirs'))).toBe(201)
    const pod = await podOf({ informers }, 'default', 'theirs')
    const trial = pod.metadata.labels?.['katib.kubeflow.org/trial'] ?? ''
    expect(await statusOf('GET', `${base}/theirs/why`, person)).toBe(200)
    // There is no kubelet behind the API server that could print it.
    expect((await store.ask('GET', `${base}/theirs/trials/${trial}/logs`, person)).text).toContain('containerLogs')
    const place = { namespace: 'default', name: pod.metadata.name, uid: pod.metadata.uid ?? '' }
    const stop = { stream: 'rules', rows: [], earlyStopped: true }
    const own = await podToken(transport, place, STORE_AUDIENCE)
    expect(await statusOf('POST', `/api/v1/namespaces/default/trials/${trial}/reports`, own, stop)).toBe(200)
    expect(await statusOf('POST', `${base}/theirs:stop`, person, { now: true })).toBe(200)
    expect(await statusOf('DELETE', `${base}/theirs`, person)).toBeLessThan(300)
  }, 60_000)

  test('no request was refused, and the store has no right that it does not use', async () => {
    // A watch is in the log when it has ended.
    await store.end()
    await client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kubeflow', name: 'asked-last' })
    const audit = await untilFile(join(cluster!.directory, 'log/audit.log'), text => text.includes('asked-last'))
    const requests = (account: string) => requestsOf(`system:serviceaccount:kubeflow:${account}`, audit)
    expect([...deniedOf(requests('qalam-controller')), ...deniedOf(requests('qalam-store'))]).toEqual([])
    expect([...unusedOf(manifest('rbac/store.yaml'), requests('qalam-store'))]).toEqual([])
  }, 60_000)

  const observation = (trialUid: string) => ({ trialUid, attempt: 0, stream: 's', rows: [] })

  async function trials(): Promise<readonly Trial[]> {
    return (await client.list<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { namespace: 'default' })).items
  }

  async function statusOf(method: KubeRequest['method'], path: string, token: string, body?: object): Promise<number> {
    return (await store.ask(method, path, token, body)).status
  }
})

/** Its trials end when they are ended. */
function sleeping(name: string): Resource {
  const experiment = exampleExperiment(name, { maxTrialCount: 100, parallelTrialCount: 1 })
  const spec = experiment.spec as { trialTemplate: { trialSpec: JobTemplate } }
  const { trialTemplate } = spec
  const pod = trialTemplate.trialSpec.spec.template.spec
  // A template has to use its parameters.
  const env = ['x', 'z'].map(each => ({ name: each.toUpperCase(), value: `\${trialParameters.${each}}` }))
  const containers = pod.containers.map(container => ({ ...container, command: ['sleep', '600'], env }))
  const trialSpec = { ...trialTemplate.trialSpec, spec: { template: { spec: { ...pod, containers } } } }
  return {
    ...experiment,
    spec: { ...spec, trialTemplate: { ...trialTemplate, trialSpec } },
  } as Resource
}

interface JobTemplate {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly object[] } } }
}
interface PodSpec {
  readonly initContainers: readonly Container[]
  readonly containers: readonly Container[]
}
interface Container {
  readonly name: string
  readonly volumeMounts?: readonly { readonly name: string }[]
}
