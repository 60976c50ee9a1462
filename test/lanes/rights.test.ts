/**
 * Every right that `qalam controller` is shipped with is used, and none is missing: a day in its life on a real API server with all
 * that is rare in it. Writes arrive twice for a while, so that each finds its object there already.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import {
  API_VERSION,
  EXPERIMENT_LABEL,
  type Experiment,
  isTrue,
  type Resource,
  refOf,
  TRIAL_LABEL,
  type Trial,
} from '#api'
import { createClient, kubeconfigTransport, systemClock } from '#kube'
import { connectObservationStore, type ObservationStore } from '#store'
import { equipmentOf } from '../../cli/cluster/pod-equipment.ts'
import { type MachineRecord, type SimulatedEnd, startSimulatedJobs } from '../sim/simulated-jobs.ts'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { untilFile } from '../support/until-file.ts'
import { exampleExperiment } from './example.ts'
import { grant } from './foreign-kinds.ts'
import { enter, type Lane, laneDirectory } from './lane.ts'
import { webhooksAt } from './local-webhooks.ts'
import { proxied } from './proxied.ts'
import { deniedOf, requestsOf, rulesOf, unusedOf } from './rights.ts'
import { applyManifests, databaseUrlOf, manifest, type OwnProcess, ownProcess, tokenOf } from './shipped-account.ts'
import { until } from './until.ts'

// Jobs are simulated; what their owners leave is taken away. The plugin asks whether an owner may be held back.
const cluster = await startRealCluster({
  controllerManager: true,
  env: {
    AUDIT: '1',
    KCM_CONTROLLERS: 'garbage-collector-controller',
    API_EXTRA: '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
  },
})
const emptyDatabase = usePostgres()
const ACCOUNT = 'system:serviceaccount:kubeflow:qalam-controller'

describe.skipIf(cluster === undefined)('the rights of qalam controller', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let lane: Lane
  let controller: OwnProcess
  let token = ''

  beforeAll(async () => {
    if (cluster === undefined) return
    lane = await enter(cluster, { running, log })
    const { client, transport } = lane
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    const secrets = ['webhook/secret.yaml', 'webhook/creator-key.yaml']
    await applyManifests(client, 'rbac/controller.yaml', ...secrets)
    const directory = laneDirectory(running)
    const { config } = await emptyDatabase()
    const observations = running.use(connectObservationStore(config))
    const record: MachineRecord = { reported: new Map(), running: new Set() }
    running.use(startSimulatedJobs({ transport, clock: systemClock, observations, record, endOf: machine() }))
    running.use(endSilently('silent', lane, observations))
    token = await tokenOf('qalam-controller', transport)
    const way = await proxied(cluster, { faults: [], seed: 1, share: 0 }, join(directory, 'kubeconfig'), { token })
    const proxy = running.use(way.proxy)
    const flags = ['--kubeconfig', way.path, '--lease-duration', '120s', '--webhook-port', '0']
    const env = { ...process.env, DATABASE_URL: databaseUrlOf(config) }
    controller = ownProcess(['controller', ...flags], { running, env, log })
    await webhooksAt((await controller.line(/webhook on port (\d+)/))[1] ?? '', lane)
    await controller.line(/leading/)
    await proxy.storm('duplicate', everythingTwice())
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  const experiments = () => lane.informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
  const trials = () => lane.informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
  const succeeds = (name: string) =>
    until(experiments(), 'default', name, each => isTrue(each?.status?.conditions, 'Succeeded'))

  async function make(name: string, changes: object): Promise<void> {
    const budget = { maxTrialCount: 3, parallelTrialCount: 3, algorithm: { algorithmName: 'random' } }
    await lane.client.create(exampleExperiment(name, { ...budget, ...changes }))
  }

  /** Suggestion, claim, Trials and Jobs that are there already when they are to be made: each is looked at. */
  async function everythingTwice(): Promise<void> {
    const algorithmSettings = Object.entries({
      suggestion_trial_dir: '/ckpt',
      n_population: '5',
      truncation_threshold: '0.2',
    })
    const algorithm = {
      algorithmName: 'pbt',
      algorithmSettings: algorithmSettings.map(([name, value]) => ({ name, value })),
    }
    await make('population', { algorithm })
    await succeeds('population')
  }

  test('a trial that is over and comes back is taken away; one that is deleted is let go', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const { client } = lane
    await make('returning', { resumePolicy: 'LongRunning' })
    await succeeds('returning')
    await trials().synced()
    const [old] = trials()
      .list('default')
      .filter(({ metadata }) => metadata.name.startsWith('returning-'))
    if (old === undefined) throw new Error('no trial')
    await client.delete(refOf(old))
    await until(trials(), 'default', old.metadata.name, each => each === undefined)
    const { name, namespace, labels, ownerReferences, finalizers } = old.metadata
    await client.create({ ...old, metadata: { name, namespace, labels, ownerReferences, finalizers } } as Resource)
    const isSentAway = (each: Trial | undefined) =>
      each !== undefined && each.metadata.uid !== old.metadata.uid && each.metadata.deletionTimestamp !== undefined
    await until(trials(), 'default', name, isSentAway)
  }, 60_000)

  test('trials that have to be stopped are; silent ones suspend their experiment; one without a pod asks why', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await make('podless', { trialDeadlines: { pendingSeconds: 3 }, maxFailedTrialCount: 0 })
    await make('stopped', { objective: { type: 'minimize', objectiveMetricName: 'loss', goal: 0.5 } })
    const collector = {
      collector: { kind: 'File' },
      source: { fileSystemPath: { kind: 'File', path: '/out/log', format: 'TEXT' } },
    }
    await make('silent', { metricsCollectorSpec: collector, maxTrialCount: 20, maxFailedTrialCount: 20 })
    await succeeds('stopped')
    await until(experiments(), 'default', 'stopped', each => !each?.status?.trialsRunning)
    await until(experiments(), 'default', 'silent', each => each?.spec.suspend === true)
    await until(experiments(), 'default', 'podless', each => isTrue(each?.status?.conditions, 'Failed'))
  }, 120_000)

  test("the image of a process' own pod is read", async () => {
    const containers = [{ name: 'main', image: 'registry/qalam:1' }]
    const metadata = { name: 'qalam-controller-0', namespace: 'kubeflow' }
    await lane.client.create({ ...POD, metadata, spec: { nodeName: 'nowhere', containers } } as Resource)
    process.env.POD_NAME = metadata.name
    const path = join(laneDirectory(running), 'kubeconfig')
    const way = await proxied(cluster!, { faults: [], seed: 1, share: 0 }, path, { token })
    running.use(way.proxy)
    const client = createClient(running.use(await kubeconfigTransport(way.path)))
    const { equipment } = await equipmentOf(
      { collectorImage: 'own', leaseNamespace: 'kubeflow', store: 'https://s' },
      client,
    )
    expect(await equipment?.()).toMatchObject({ image: 'registry/qalam:1' })
  })

  test('whoever may not hold an owner back may not make what it owns: three rights that are asked for by the way', async () => {
    const { client, transport } = lane
    const [role] = manifest('rbac/controller.yaml').filter(({ kind }) => kind === 'ClusterRole')
    const rules = rulesOf(role ? [role] : [])
    const lesser = rules.filter(({ resources }) => !resources.some(resource => resource.endsWith('/finalizers')))
    expect(rules.length - lesser.length).toBe(1)
    const metadata = { name: 'lesser', namespace: 'kubeflow' }
    await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    for (const object of grant('lesser', lesser, true)) await client.create(object)
    const path = join(laneDirectory(running), 'lesser')
    const way = await proxied(cluster!, { faults: [], seed: 1, share: 0 }, path, {
      token: await tokenOf('lesser', transport),
    })
    running.use(way.proxy)
    const modest = createClient(running.use(await kubeconfigTransport(path)))
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'trainer' }] } }
    const owned = [
      { apiVersion: API_VERSION, kind: 'Suggestion', owner: 'Experiment', spec: {} },
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', owner: 'Suggestion', spec: claim },
      { apiVersion: 'batch/v1', kind: 'Job', owner: 'Trial', spec: { template } },
    ]
    for (const { apiVersion, kind, owner, spec } of owned) {
      const ownerReferences = [
        { apiVersion: API_VERSION, kind: owner, name: 'o', uid: 'u', controller: true, blockOwnerDeletion: true },
      ]
      const object = { apiVersion, kind, metadata: { name: 'owned', namespace: 'default', ownerReferences }, spec }
      await expect(modest.create(object as Resource, { dryRun: true }), kind).rejects.toMatchObject({
        code: 403,
        message: expect.stringMatching(/blockOwnerDeletion/),
      })
    }
  }, 60_000)

  test('no request was refused, and no right is left over', async () => {
    controller.child.kill('SIGTERM')
    expect(await controller.ended).toBe(0)
    // The log is written in batches: what was asked before this is in it as soon as this is.
    await lane.client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kubeflow', name: 'asked-last' })
    const audit = await untilFile(join(cluster!.directory, 'log/audit.log'), text => text.includes('asked-last'))
    const requests = requestsOf(ACCOUNT, audit)
    expect(deniedOf(requests)).toEqual([])
    const byTheWay = ['experiments', 'suggestions', 'trials'].map(resource => `update ${resource}/finalizers`)
    expect(unusedOf(manifest('rbac/controller.yaml'), requests)).toEqual(byTheWay)
  }, 60_000)
})

const NEVER_MS = 600_000

/** What becomes of each Job, by its experiment. The last one of `stopped` reaches the goal while the others run. */
function machine() {
  let stoppable = 0
  return (job: Resource, order: number): SimulatedEnd => {
    switch (job.metadata.labels?.[EXPERIMENT_LABEL]) {
      case 'podless':
        return { afterMs: 0, losses: [], waits: true }
      case 'silent':
        return { afterMs: NEVER_MS, losses: [] }
      case 'stopped':
        return ++stoppable === 3 ? { afterMs: 100, losses: ['0.25'] } : { afterMs: NEVER_MS, losses: [] }
      default:
        return { afterMs: 100, losses: [String(1 / (order + 1))] }
    }
  }
}

/** Jobs of that experiment end well once a pod of theirs is there, whose log may hold what they did not report. */
function endSilently(experiment: string, { client, informers }: Lane, observations: ObservationStore): Disposable {
  const seen = new Set<string>()
  const end = async (job: Resource): Promise<void> => {
    const { name, namespace, ownerReferences } = job.metadata
    const labels = { [EXPERIMENT_LABEL]: experiment, [TRIAL_LABEL]: name }
    const containers = [{ name: 'training-container', image: 'trainer' }]
    const metadata = { name, namespace, labels }
    await client.create({ ...POD, metadata, spec: { nodeName: 'nowhere', containers } } as Resource)
    const trialUid = ownerReferences?.[0]?.uid ?? ''
    await observations.append({ trialUid, attempt: 0, stream: 'log', rows: [], final: true })
    const at = systemClock.now().toISOString()
    const conditions = ['SuccessCriteriaMet', 'Complete'].map(type => ({
      type,
      status: 'True',
      lastTransitionTime: at,
    }))
    await client.patch(refOf(job), { status: { active: 0, ready: 0, conditions, completionTime: at } }, 'status')
  }
  return informers.of({ apiVersion: 'batch/v1', kind: 'Job' }).onChange(({ object }) => {
    const { uid = '', labels } = object.metadata
    const hasBegun = ((object.status ?? {}) as { active?: number }).active === 1
    if (labels?.[EXPERIMENT_LABEL] !== experiment || !hasBegun || seen.has(uid)) return
    seen.add(uid)
    void end({ ...object, apiVersion: 'batch/v1', kind: 'Job' })
  })
}

const POD = { apiVersion: 'v1', kind: 'Pod' }
