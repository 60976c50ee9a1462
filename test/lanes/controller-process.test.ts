/** `qalam controller` as real processes under the shipped rights: killed, stopped and woken again, on a real API server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { parse } from 'yaml'
import {
  API_VERSION,
  COLLECTOR_IMAGE,
  EXPERIMENT_LABEL,
  type Experiment,
  isTrue,
  type Resource,
  type Trial,
} from '#api'
import type { Informers, WritingClient } from '#kube'
import { connectObservationStore } from '#store'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { collectorInto } from './collector-into.ts'
import { exampleExperiment } from './example.ts'
import { enter, laneDirectory } from './lane.ts'
import { runPods } from './lane-kubelet.ts'
import { type LateDatabase, lateDatabase } from './late-database.ts'
import { proxied } from './proxied.ts'
import { applyManifests, databaseUrlOf, kubeconfigOf, ownProcess } from './shipped-account.ts'
import { until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true, env: { AUDIT: '1' } })
const emptyDatabase = usePostgres()
const TRIAL_COUNT = 8
const ACCOUNT = 'system:serviceaccount:kubeflow:qalam-controller'

describe.skipIf(cluster === undefined)('qalam controller, one leads', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let kubeconfig = ''
  let databaseUrl = ''
  let database: LateDatabase

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/controller.yaml')
    const { transport } = lane
    const directory = laneDirectory(running)
    const path = join(directory, 'kubeconfig')
    kubeconfig = await kubeconfigOf('qalam-controller', { transport, admin: cluster.kubeconfig, path })
    const { config } = await emptyDatabase()
    databaseUrl = databaseUrlOf(config)
    database = running.use(await lateDatabase(config))
    const observations = running.use(connectObservationStore(config))
    runPods(running, {
      transport,
      dataDir: directory,
      builtIns: { [COLLECTOR_IMAGE]: collectorInto(observations) },
      log,
    })
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  /** A process that waits for the lease, and what it says. */
  function aController(url = databaseUrl) {
    const flags = ['controller', '--kubeconfig', kubeconfig, '--lease-duration', '12s']
    return ownProcess(flags, { running, env: { ...process.env, DATABASE_URL: url }, log })
  }

  async function settled(name: string) {
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    await until(experiments, 'default', name, each => isTrue(each?.status?.conditions, 'Succeeded'))
    const labelSelector = `${EXPERIMENT_LABEL}=${name}`
    const { items } = await client.list<Trial>(
      { apiVersion: API_VERSION, kind: 'Trial' },
      { namespace: 'default', labelSelector },
    )
    expect(items.filter(trial => isTrue(trial.status?.conditions, 'Succeeded'))).toHaveLength(TRIAL_COUNT)
    expect(items).toHaveLength(TRIAL_COUNT)
  }

  function succeeded(name: string, count: number) {
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    return until(experiments, 'default', name, each => (each?.status?.trialsSucceeded ?? 0) >= count)
  }

  test('the leader is killed: another goes on, no trial is lost and none is made twice', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const first = aController()
    await first.line(/leading/)
    const second = aController()
    await client.create(anExperiment('killed'))
    await succeeded('killed', 2)
    first.child.kill('SIGKILL')
    await second.line(/leading/)
    await settled('killed')
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 120_000)

  test('the leader is stopped and wakes after its time: it writes nothing more and ends', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const first = aController()
    await first.line(/leading/)
    await client.create(anExperiment('stopped'))
    await succeeded('stopped', 2)
    first.child.kill('SIGSTOP')
    const second = aController()
    await second.line(/leading/)
    first.child.kill('SIGCONT')
    expect(await first.ended).toBe(1)
    await settled('stopped')
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 120_000)

  test('the database goes in the middle: trials that end say so, and when it is back they have ended', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    database.come()
    const controller = aController(database.url)
    await controller.line(/leading/)
    await client.create(anExperiment('databaseless'))
    await succeeded('databaseless', 2)
    database.go()
    const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
    const { promise: waiting, resolve } = Promise.withResolvers<string>()
    const look = () => {
      const running = trials
        .list()
        .flatMap(({ status }) => status?.conditions?.find(({ type }) => type === 'Running') ?? [])
      const found = running.find(({ reason }) => reason === 'StoreUnreachable')
      if (found) resolve(found.message ?? '')
    }
    using _change = trials.onChange(look)
    look()
    expect(await waiting).toMatch(/^the job has ended and its metrics cannot be read: \S/)
    database.come()
    await settled('databaseless')
    controller.child.kill('SIGTERM')
    expect(await controller.ended).toBe(0)
  }, 120_000)

  test('the shipped rights were enough', () => {
    const audit = readFileSync(join(cluster!.directory, 'log/audit.log'), 'utf8')
    const events = audit.split('\n').flatMap(line => (line.includes(ACCOUNT) ? [JSON.parse(line) as AuditEvent] : []))
    expect(events.length).toBeGreaterThan(100)
    const denied = events.filter(({ responseStatus }) => responseStatus?.code === 403)
    expect(denied.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([])
  })

  test('started while the API server is away it waits, and leads once that is there', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const token = parse(readFileSync(kubeconfig, 'utf8')).users[0].user
    const weather = { faults: [], seed: 1, share: 0 }
    const { proxy, path } = await proxied(cluster!, weather, join(laneDirectory(running), 'kubeconfig'), token)
    running.use(proxy)
    const back = Promise.withResolvers<void>()
    const away = proxy.storm('drop', back.promise)
    const flags = ['controller', '--kubeconfig', path, '--lease-duration', '12s']
    const late = ownProcess(flags, { running, env: { ...process.env, DATABASE_URL: databaseUrl }, log })
    await late.line(/waiting for the API server/)
    back.resolve()
    await away
    await late.line(/leading/)
    late.child.kill('SIGTERM')
    expect(await late.ended).toBe(0)
  }, 120_000)

  test("while it leads it holds Katib's lease; when Katib's controller comes it ends, and does not start beside it", async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const leader = aController()
    await leader.line(/leading/)
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
    await until(informers.of<KatibLease>(lease), 'kubeflow', '3fbc96e9.katib.kubeflow.org', each =>
      (each?.spec?.holderIdentity ?? '').startsWith('qalam/'),
    )
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'katib-controller-0',
        namespace: 'kubeflow',
        labels: { 'katib.kubeflow.org/component': 'controller' },
      },
      // Of a node that is not there: nobody runs it.
      spec: { nodeName: 'elsewhere', containers: [{ name: 'main', image: 'katib-controller' }] },
    }
    const told = /pod katib-controller-0, works on this cluster: scale it down/
    const leaderTold = leader.line(told)
    await client.create(pod)
    await leaderTold
    expect(await leader.ended).toBe(6)
    const beside = aController()
    const [code] = await Promise.all([beside.ended, beside.line(told)])
    expect(code).toBe(6)
  }, 60_000)
})

interface KatibLease extends Resource {
  readonly spec?: { readonly holderIdentity?: string }
}

interface AuditEvent {
  readonly verb: string
  readonly requestURI: string
  readonly responseStatus?: { readonly code?: number }
}

const anExperiment = (name: string) => exampleExperiment(name, { maxTrialCount: TRIAL_COUNT, parallelTrialCount: 2 })
