/** `qalam controller` as real processes under the shipped rights: killed, stopped and woken again, on a real API server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { parse, parseAllDocuments, stringify } from 'yaml'
import {
  API_VERSION,
  COLLECTOR_IMAGE,
  EXPERIMENT_LABEL,
  type Experiment,
  isTrue,
  type Resource,
  type Trial,
} from '#api'
import {
  createClient,
  createInformers,
  type Informers,
  kubeconfigTransport,
  systemClock,
  type WritingClient,
} from '#kube'
import { startKubelet, startStarter } from '#standalone'
import { connectObservationStore } from '#store'
import { usePostgres } from '../support/postgres.ts'
import { launcher, root } from '../support/qalam.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { collectorInto } from './collector-into.ts'
import { establishDefinitions, until } from './until.ts'

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

  beforeAll(async () => {
    if (cluster === undefined) return
    running.use(cluster)
    const transport = running.use(await kubeconfigTransport(cluster.kubeconfig))
    client = createClient(transport)
    informers = running.use(createInformers({ transport, clock: systemClock, log }))
    await establishDefinitions(client, informers)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    const rights = readFileSync(join(root, 'manifests/rbac/controller.yaml'), 'utf8')
    for (const document of parseAllDocuments(rights)) await client.apply(document.toJS() as Resource, 'lane')

    const directory = mkdtempSync(join(tmpdir(), 'qalam-lane-'))
    chmodSync(directory, 0o711)
    running.defer(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
    kubeconfig = join(directory, 'kubeconfig')
    const path = '/api/v1/namespaces/kubeflow/serviceaccounts/qalam-controller/token'
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
    const reply = await transport.send({ method: 'POST', path, body: request })
    const { status } = JSON.parse(await reply.text()) as { status: { token: string } }
    writeFileSync(kubeconfig, asUser(readFileSync(cluster.kubeconfig, 'utf8'), status.token), { mode: 0o600 })

    const { config } = await emptyDatabase()
    const { host, port, user, password, database } = config as Readonly<Record<string, string>>
    databaseUrl = `postgres://${user}:${encodeURIComponent(password ?? '')}@${encodeURIComponent(host)}:${port}/${database}`
    const observations = running.use(connectObservationStore(config))
    const kubelet = running.use(
      startKubelet({
        transport,
        informers: running.use(createInformers({ transport, clock: systemClock, log })),
        clock: systemClock,
        starter: running.use(startStarter({ log })),
        dataDir: directory,
        builtIns: { [COLLECTOR_IMAGE]: collectorInto(observations) },
        images: { 'qalam/examples/quadratic': join(root, 'examples/quadratic') },
        slots: { cpus: 2 },
        environment: process.env,
        log,
      }),
    )
    running.defer(() => kubelet.stopPods(0))
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  /** A process that waits for the lease, and what it says. */
  function aController() {
    const flags = ['controller', '--kubeconfig', kubeconfig, '--lease-duration', '3s']
    const child = spawn(launcher, flags, { env: { ...process.env, DATABASE_URL: databaseUrl } })
    running.defer(() => void child.kill('SIGKILL'))
    const leads = Promise.withResolvers<void>()
    child.stdout.on('data', data => String(data).includes('leading') && leads.resolve())
    child.stderr.on('data', data => log(`${child.pid}: ${data}`))
    const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
    return { child: child as ChildProcess, leads: leads.promise, ended }
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
    await first.leads
    const second = aController()
    await client.create(anExperiment('killed'))
    await succeeded('killed', 2)
    first.child.kill('SIGKILL')
    await second.leads
    await settled('killed')
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 120_000)

  test('the leader is stopped and wakes after its time: it writes nothing more and ends', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const first = aController()
    await first.leads
    await client.create(anExperiment('stopped'))
    await succeeded('stopped', 2)
    first.child.kill('SIGSTOP')
    const second = aController()
    await second.leads
    first.child.kill('SIGCONT')
    expect(await first.ended).toBe(1)
    await settled('stopped')
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 120_000)

  test('the shipped rights were enough', () => {
    const audit = readFileSync(join(cluster!.directory, 'log/audit.log'), 'utf8')
    const events = audit.split('\n').flatMap(line => (line.includes(ACCOUNT) ? [JSON.parse(line) as AuditEvent] : []))
    expect(events.length).toBeGreaterThan(100)
    const denied = events.filter(({ responseStatus }) => responseStatus?.code === 403)
    expect(denied.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([])
  })

  test('beside a controller of Katib it does not start, and says how to switch', async () => {
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
    await client.create(pod)
    const { child, ended } = aController()
    let told = ''
    child.stderr?.on('data', data => {
      told += data
    })
    expect(await ended).toBe(6)
    expect(told).toMatch(/pod katib-controller-0, works on this cluster: scale it down/)
  }, 60_000)
})

interface AuditEvent {
  readonly verb: string
  readonly requestURI: string
  readonly responseStatus?: { readonly code?: number }
}

/** The same cluster, as the bearer of a token. */
function asUser(text: string, token: string): string {
  const config = parse(text)
  return stringify({ ...config, users: [{ name: config.users[0].name, user: { token } }] })
}

function anExperiment(name: string): Resource {
  const experiment = parse(readFileSync(join(root, 'examples/quadratic/experiment.yaml'), 'utf8'))
  const spec = { ...experiment.spec, maxTrialCount: TRIAL_COUNT, parallelTrialCount: 2 }
  return { ...experiment, metadata: { name, namespace: 'default' }, spec }
}
