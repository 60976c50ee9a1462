/** Both processes with rights in one namespace alone: no TokenReview, no webhook, nothing of the cluster; on a real API server. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, isTrue, type Resource, STORE_AUDIENCE, type Trial } from '#api'
import type { Informers, KubeconfigTransport, WritingClient } from '#kube'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { untilFile } from '../support/until-file.ts'
import { collectorOver, podToken } from './collector-over.ts'
import { exampleExperiment } from './example.ts'
import { enter, laneDirectory } from './lane.ts'
import { runPods } from './lane-kubelet.ts'
import { deniedOf, OTHERWISE_USED, requestsOf, unusedOf } from './rights.ts'
import { applyManifests, databaseUrlOf, kubeconfigOf, manifest, ownProcess, tokenOf } from './shipped-account.ts'
import { until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true, env: { AUDIT: '1', SERVICE_ACCOUNT: '1' } })
const emptyDatabase = usePostgres()
const IMAGE = 'qalam/lane'
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
  let url = ''
  let ca = ''
  let person = ''

  beforeAll(async () => {
    if (cluster === undefined) return
    ;({ transport, client, informers } = await enter(cluster, { running, log }))
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
    await applyManifests(client, `${OVERLAY}/roles.yaml`, `${OVERLAY}/secret.yaml`)
    await aPerson('person', ['get', 'list', 'create', 'patch', 'delete'])
    const accounts = informers.of({ apiVersion: 'v1', kind: 'ServiceAccount' })
    await until(accounts, NAMESPACE, 'default', account => account !== undefined)
    const directory = laneDirectory(running)
    const certificates = join(directory, 'certificates')
    mkdirSync(certificates)
    const account = (name: string) =>
      kubeconfigOf(name, { transport, admin: cluster.kubeconfig, path: join(directory, name) })
    const [ofController, ofStore] = [await account('qalam-controller'), await account('qalam-store')]
    person = await tokenOf('person', transport)

    const env = { ...process.env, DATABASE_URL: databaseUrlOf((await emptyDatabase()).config) }
    const storeFlags = ['--kubeconfig', ofStore, '--port', '0', '--certificates', certificates]
    const store = ownProcess(['store', '--single-namespace', ...storeFlags], { running, env, log })
    const tokenFile = join(directory, 'store-token')
    writeFileSync(tokenFile, await tokenOf('qalam-controller', transport, STORE_AUDIENCE), { mode: 0o600 })
    const flags = ['controller', '--single-namespace', '--kubeconfig', ofController]
    const first = ownProcess(flags, { running, env, log })
    const secrets = informers.of<Secret>({ apiVersion: 'v1', kind: 'Secret' })
    const secret = await until(secrets, NAMESPACE, 'katib-webhook-cert', each => each?.data?.['tls.crt'] !== undefined)
    for (const [key, value] of Object.entries(secret?.data ?? {}))
      writeFileSync(join(certificates, key), Buffer.from(value, 'base64'))
    ca = readFileSync(join(certificates, 'ca.crt'), 'utf8')
    url = (await store.line(/ready rest=(\S+)/))[1] ?? ''
    first.child.kill('SIGTERM')
    await first.ended

    const reaches = ['--store', url, '--store-token-file', tokenFile, '--store-ca-file', join(certificates, 'ca.crt')]
    const { DATABASE_URL: _, ...bare } = env
    const controller = ownProcess([...flags, ...reaches, '--collector-image', IMAGE], { running, env: bare, log })
    runPods(running, { transport, dataDir: directory, builtIns: { [IMAGE]: collectorOver(transport, log) }, log })
    await controller.line(/leading/)
  }, 180_000)
  afterAll(() => running.disposeAsync(), 120_000)

  test('an experiment runs to its end, every value by way of a token that nobody was asked about', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const made = anExperiment('one', { maxTrialCount: 3, parallelTrialCount: 2 })
    expect((await ask('POST', EXPERIMENTS, person, made)).status).toBe(201)
    const ended = await untilExperiment('one', each => isTrue(each?.status?.conditions, 'Succeeded'))
    expect(ended?.status?.trialsSucceeded).toBe(3)
    expect(ended?.status?.currentOptimalTrial?.observation?.metrics?.[0]?.latest).toMatch(/^\d/)
  }, 120_000)

  test('a pod speaks for its own trial, people do what they may here, and nobody anything elsewhere', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const kept = anExperiment('kept', { maxTrialCount: 1, parallelTrialCount: 1 })
    const spec = kept.spec as { trialTemplate: object }
    await client.create({
      ...kept,
      spec: { ...spec, trialTemplate: { ...spec.trialTemplate, retain: true } },
    } as Resource)
    const pod = await untilPodOf('kept')
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
      expect([name, (await ask(body ? 'POST' : 'GET', path, token, body)).status]).toEqual([name, status])
  }, 120_000)

  test("REST and the routes of Katib's UI answer for this namespace", async () => {
    const text = async (path: string) => (await ask('GET', path, person)).text
    const trial = (await trialsOf('kept'))[0]?.metadata.name ?? ''
    expect(JSON.parse(await text('/katib/fetch_namespaces'))).toEqual([NAMESPACE])
    const template = { updatedConfigMapNamespace: NAMESPACE, updatedConfigMapName: 'mine', updatedConfigMapPath: 'a' }
    const write = (route: string, more: object = {}) =>
      ask('POST', `/katib/${route}/`, person, { ...template, ...more })
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
    expect((await ask('POST', `${EXPERIMENTS}/long:stop`, person, { now: true })).status).toBe(200)
    await untilExperiment('long', each => (each?.status?.trialsRunning ?? 0) === 0)
    expect((await ask('DELETE', `${EXPERIMENTS}/long`, person)).status).toBeLessThan(300)
    await untilExperiment('long', each => each === undefined)
  }, 120_000)

  test('no request was refused, and no right is granted that these experiments have no use for', async () => {
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

  async function untilPodOf(experiment: string): Promise<Resource> {
    const pods = informers.of<Resource>(
      { apiVersion: 'v1', kind: 'Pod' },
      { labelSelector: `${EXPERIMENT_LABEL}=${experiment}` },
    )
    const { promise, resolve } = Promise.withResolvers<Resource>()
    const look = () => {
      const [pod] = pods.list(NAMESPACE)
      if (pod) resolve(pod)
    }
    using _change = pods.onChange(look)
    void pods.synced().then(look, () => {})
    return await promise
  }

  function ask(method: string, path: string, token: string, body?: object): Promise<{ status: number; text: string }> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    return new Promise((resolve, reject) =>
      request(new URL(path, url), { ca, method, headers }, reply => {
        void reply.toArray().then(chunks => {
          resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
        }, reject)
      })
        .once('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body)),
    )
  }
})

interface Secret extends Resource {
  readonly data?: Readonly<Record<string, string>>
}

function anExperiment(name: string, budget: object): Resource {
  const experiment = exampleExperiment(name, budget)
  return { ...experiment, metadata: { ...experiment.metadata, namespace: NAMESPACE } }
}
