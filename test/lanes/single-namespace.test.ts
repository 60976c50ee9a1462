/** Both processes with rights in one namespace alone: no TokenReview, no webhook, nothing of the cluster; on a real API server. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, isTrue, type Resource, STORE_AUDIENCE, type Trial } from '#api'
import type { Informers, KubeconfigTransport, WritingClient } from '#kube'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { untilFile } from '../support/until-file.ts'
import { podToken } from './collector-over.ts'
import { exampleExperiment } from './example.ts'
import { enter, laneDirectory } from './lane.ts'
import { type LaneStore, podOf, retaining, startStoreAndController } from './lane-store.ts'
import { deniedOf, OTHERWISE_USED, requestsOf, unusedOf } from './rights.ts'
import { applyManifests, databaseUrlOf, manifest, tokenOf } from './shipped-account.ts'
import { until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true, env: { AUDIT: '1', SERVICE_ACCOUNT: '1' } })
const emptyDatabase = usePostgres()
const NAMESPACE = 'kubeflow'
const OVERLAY = 'overlays/single-namespace'
const EXPERIMENTS = `/api/v1/namespaces/${NAMESPACE}/experiments`

describe.skipIf(cluster === undefined)('in a single namespace', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let transport: KubeconfigTransport
  let client: WritingClient
  let informers: Informers
  let store: LaneStore
  let person = ''

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ transport, client, informers } = lane)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
    await applyManifests(client, `${OVERLAY}/roles.yaml`, `${OVERLAY}/secret.yaml`)
    await aPerson('person', ['get', 'list', 'create', 'patch', 'delete'])
    const accounts = informers.of({ apiVersion: 'v1', kind: 'ServiceAccount' })
    await until(accounts, NAMESPACE, 'default', account => account !== undefined)
    person = await tokenOf('person', transport)
    store = await startStoreAndController(lane, {
      running,
      admin: cluster.kubeconfig,
      namespace: NAMESPACE,
      directory: laneDirectory(running),
      databaseUrl: databaseUrlOf((await emptyDatabase()).config),
      storeFlags: ['--single-namespace'],
      controllerFlags: ['--single-namespace'],
      log,
    })
  }, 180_000)
  afterAll(() => running.disposeAsync(), 120_000)

  test('an experiment runs to its end, every value by way of a token that nobody was asked about', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const made = anExperiment('one', { maxTrialCount: 3, parallelTrialCount: 2 })
    expect((await store.ask('POST', EXPERIMENTS, person, made)).status).toBe(201)
    const ended = await untilExperiment('one', each => isTrue(each?.status?.conditions, 'Succeeded'))
    expect(ended?.status?.trialsSucceeded).toBe(3)
    expect(ended?.status?.currentOptimalTrial?.observation?.metrics?.[0]?.latest).toMatch(/^\d/)
  }, 120_000)

  test('a pod speaks for its own trial, people do what they may here, and nobody anything elsewhere', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const kept = anExperiment('kept', { maxTrialCount: 1, parallelTrialCount: 1 })
    await client.create(retaining(kept))
    const pod = await podOf({ informers }, NAMESPACE, 'kept')
    await untilExperiment('kept', each => isTrue(each?.status?.conditions, 'Succeeded'))
    const trial = pod.metadata.labels?.['katib.kubeflow.org/trial'] ?? ''
    const place = { namespace: NAMESPACE, name: pod.metadata.name, uid: pod.metadata.uid ?? '' }
    const own = await podToken(transport, place, STORE_AUDIENCE)
    const report = (name: string) => `/api/v1/namespaces/${NAMESPACE}/trials/${name}/reports`
    const [other] = (await trialsOf('one')).map(({ metadata }) => metadata.name)
    const rows = { stream: 'late', rows: [] }
    const stranger = await tokenOf('default', transport)
    const forged = `${own.slice(0, own.lastIndexOf('.') + 1)}${own.slice(own.lastIndexOf('.') + 1).replace(/^./, c => (c === 'A' ? 'B' : 'A'))}`
    const cases = [
      { name: 'its own trial', token: own, path: report(trial), status: 200, body: rows },
      { name: 'another trial', token: own, path: report(other ?? ''), status: 403, body: rows },
      { name: 'another signature', token: forged, path: report(trial), status: 401, body: rows },
      { name: 'a word', token: 'word', path: report(trial), status: 401, body: rows },
      { name: 'a stranger of the cluster', token: stranger, path: EXPERIMENTS, status: 403 },
      { name: 'a person here', token: person, path: EXPERIMENTS, status: 200 },
      { name: 'a person elsewhere', token: person, path: '/api/v1/namespaces/default/experiments', status: 403 },
      { name: 'a person everywhere', token: person, path: '/api/v1/experiments', status: 403 },
    ]
    for (const { name, token, path, status, body } of cases)
      expect([name, (await store.ask(body ? 'POST' : 'GET', path, token, body)).status]).toEqual([name, status])
  }, 120_000)

  test("REST and the routes of Katib's UI answer for this namespace", async () => {
    const text = async (path: string) => (await store.ask('GET', path, person)).text
    const trial = (await trialsOf('kept'))[0]?.metadata.name ?? ''
    expect(JSON.parse(await text('/katib/fetch_namespaces'))).toEqual([NAMESPACE])
    const template = { updatedConfigMapNamespace: NAMESPACE, updatedConfigMapName: 'mine', updatedConfigMapPath: 'a' }
    const write = (route: string, more: object = {}) =>
      store.ask('POST', `/katib/${route}/`, person, { ...template, ...more })
    expect((await write('add_template', { updatedTemplateYaml: 'kind: Job' })).status).toBe(200)
    expect((await write('edit_template', { updatedTemplateYaml: 'kind: Pod', configMapPath: 'a' })).status).toBe(200)
    expect(JSON.parse((await write('delete_template')).text)).toEqual({ Data: [] })
    const suggestion = `/katib/fetch_suggestion/?namespace=${NAMESPACE}&suggestionName=kept`
    expect(JSON.parse(await text(suggestion))).toMatchObject({ kind: 'Suggestion' })
    // There is no kubelet behind the API server that could print it.
    expect(await text(`${EXPERIMENTS}/kept/trials/${trial}/logs`)).toContain('containerLogs')
    expect(JSON.parse(await text(`${EXPERIMENTS}/kept/why`))).toBeDefined()
  }, 60_000)

  test('an experiment is stopped and deleted', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await client.create(anExperiment('long', { maxTrialCount: 1_000, parallelTrialCount: 2 }))
    await untilExperiment('long', each => (each?.status?.trialsRunning ?? 0) > 0)
    expect((await store.ask('POST', `${EXPERIMENTS}/long:stop`, person, { now: true })).status).toBe(200)
    await untilExperiment('long', each => (each?.status?.trialsRunning ?? 0) === 0)
    expect((await store.ask('DELETE', `${EXPERIMENTS}/long`, person)).status).toBeLessThan(300)
    await untilExperiment('long', each => each === undefined)
  }, 120_000)

  test('no request was refused, and no right is granted that these experiments have no use for', async () => {
    // A watch is in the log when it has ended.
    await store.end()
    // The log is written in batches: what was asked before this is in it as soon as this is.
    await client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'asked-last' })
    const audit = await untilFile(join(cluster!.directory, 'log/audit.log'), text => text.includes('asked-last'))
    const unused = (name: string) => {
      const rights = manifest(`${OVERLAY}/roles.yaml`).filter(({ metadata }) => metadata.name === name)
      const requests = requestsOf(`system:serviceaccount:${NAMESPACE}:${name}`, audit)
      expect(deniedOf(requests)).toEqual([])
      return unusedOf(rights, requests)
    }
    expect(Object.keys(OTHERWISE_USED.controller)).toEqual(expect.arrayContaining([...unused('qalam-controller')]))
    expect(Object.keys(OTHERWISE_USED.store)).toEqual(expect.arrayContaining([...unused('qalam-store')]))
  }, 120_000)

  async function aPerson(name: string, verbs: readonly string[]): Promise<void> {
    const metadata = { name, namespace: NAMESPACE }
    const rules = [
      { apiGroups: ['kubeflow.org'], resources: ['experiments', 'trials', 'suggestions'], verbs },
      { apiGroups: [''], resources: ['configmaps', 'pods/log'], verbs: [...verbs, 'update'] },
    ]
    const rbac = 'rbac.authorization.k8s.io'
    await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await client.create({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules } as Resource)
    await client.create({
      ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    } as Resource)
  }

  function untilExperiment(name: string, holds: (experiment: Experiment | undefined) => boolean) {
    return until(informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' }), NAMESPACE, name, holds)
  }

  async function trialsOf(experiment: string): Promise<readonly Trial[]> {
    const labelSelector = `${EXPERIMENT_LABEL}=${experiment}`
    return (
      await client.list<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { namespace: NAMESPACE, labelSelector })
    ).items
  }
})

function anExperiment(name: string, budget: object): Resource {
  const experiment = exampleExperiment(name, budget)
  return { ...experiment, metadata: { ...experiment.metadata, namespace: NAMESPACE } }
}
