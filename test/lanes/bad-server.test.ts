/**
 * Days on which the whole API server is bad: it has no room for us, it is away and forgets what was, it does not know us any more.
 * Each time all experiments go on by themselves, with every trial that they were to have.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, type Experiment, isTrue, type Resource, type Trial } from '#api'
import { createInProcessAsk, startControllers } from '#controller'
import { createInformers, kubeconfigTransport, patientTransport, systemClock } from '#kube'
import { createMemoryObservationStore } from '#store'
import { knowledge } from '../../cli/knowledge.ts'
import { type MachineRecord, startSimulatedJobs } from '../sim/simulated-jobs.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { exampleExperiment } from './example.ts'
import type { FaultyProxy } from './faulty-proxy.ts'
import { enter, type Lane, laneDirectory } from './lane.ts'
import { proxied } from './proxied.ts'
import { applyManifests, tokenBoundTo } from './shipped-account.ts'
import { until } from './until.ts'

// Jobs are simulated; what their owners leave is taken away.
const cluster = await startRealCluster({
  controllerManager: true,
  env: { KCM_CONTROLLERS: 'garbage-collector-controller' },
})
/** QALAM_FULL=1: as long as in the worst of days. */
const isFull = process.env.QALAM_FULL === '1'
const STORM_MS = isFull ? 30_000 : 5_000
const AWAY_MS = isFull ? 120_000 : 4_000
const EXPERIMENT_COUNT = 8
const TRIAL_COUNT = 6

describe.skipIf(cluster === undefined)('on a bad day of the API server', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const heard = new Set<(line: string) => void>()
  const log = (line: string) => {
    lines.push(line)
    for (const hear of heard) hear(line)
  }
  let lane: Lane
  let proxy: FaultyProxy
  let tokenFile = ''

  beforeAll(async () => {
    if (cluster === undefined) return
    lane = await enter(cluster, { running, log })
    const { client, transport } = lane
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/controller.yaml')
    const directory = laneDirectory(running)
    tokenFile = join(directory, 'token')
    writeFileSync(tokenFile, await tokenBoundTo('first', 'qalam-controller', lane), { mode: 0o600 })
    const weather = { faults: [], seed: 1, share: 0 }
    const way = await proxied(cluster, weather, join(directory, 'kubeconfig'), { tokenFile })
    proxy = running.use(way.proxy)
    const observations = running.use(createMemoryObservationStore({ now: systemClock.now }))
    const record: MachineRecord = { reported: new Map(), running: new Set() }
    const endOf = (_: Resource, order: number) => ({ afterMs: 300, losses: [String(1 / (order + 1))] })
    running.use(
      startSimulatedJobs({ transport, namespace: 'default', clock: systemClock, observations, record, endOf }),
    )
    const patient = patientTransport(running.use(await kubeconfigTransport(way.path)), { clock: systemClock, log })
    const informers = running.use(createInformers({ transport: patient, clock: systemClock, log }))
    const shared = { transport: patient, informers, observations, pool: createInProcessAsk(), knowledge }
    running.use(await startControllers({ ...shared, clock: systemClock, log }))
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  const experiments = () => lane.informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
  const trials = () => lane.informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })

  /** Resolves when each of them has a trial that has ended. */
  async function make(...names: readonly string[]): Promise<void> {
    const budget = { maxTrialCount: TRIAL_COUNT, parallelTrialCount: 3, algorithm: { algorithmName: 'random' } }
    for (const name of names) await lane.client.create(exampleExperiment(name, budget))
    await Promise.all(
      names.map(name => until(experiments(), 'default', name, each => (each?.status?.trialsSucceeded ?? 0) > 0)),
    )
  }

  async function allSucceed(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await until(experiments(), 'default', name, each => isTrue(each?.status?.conditions, 'Succeeded'))
      await until(experiments(), 'default', name, each => each?.status?.trialsSucceeded === TRIAL_COUNT)
    }
  }

  /** `REASON of TRIAL`, of what each ended trial has an event for; they are written after its status. */
  async function untold(): Promise<readonly string[]> {
    const { items } = await lane.client.list<Told>({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'default' })
    const told = new Set(items.map(({ reason, involvedObject }) => `${reason} of ${involvedObject.name}`))
    return trials()
      .list('default')
      .flatMap(({ metadata }) => ['JobCreated', 'JobSucceeded'].map(reason => `${reason} of ${metadata.name}`))
      .filter(event => !told.has(event))
  }

  function says(words: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const hear = (line: string) => words.test(line) && resolve()
    heard.add(hear)
    return promise.finally(() => heard.delete(hear))
  }

  test('it has no room for us: we ask once a second, however much there is to do', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const names = Array.from({ length: EXPERIMENT_COUNT }, (_, i) => `crowd-${i}`)
    await make(...names)
    const before = proxy.requestCount
    await proxy.storm(429, STORM_MS)
    const asked = proxy.requestCount - before
    process.stdout.write(`no room for ${STORM_MS / 1_000} s: ${asked} requests\n`)
    await allSucceed(...names)
    expect(asked).toBeGreaterThan(1)
    expect(asked).toBeLessThan(100)
    await expect.poll(untold, { timeout: 30_000 }).toEqual([])
  }, 120_000)

  test(
    'it is away and has forgotten what was: what happened meanwhile is seen, and all go on',
    async () => {
      onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
      await make('cut-off', 'beside')
      await trials().synced()
      const away = proxy.storm('drop', AWAY_MS)
      const lost = trials()
        .list('default')
        .find(({ metadata }) => metadata.name.startsWith('cut-off-'))
      const { namespace = '', name = '', uid = '' } = lost?.metadata ?? {}
      expect(uid).not.toBe('')
      await lane.client.delete({ apiVersion: API_VERSION, kind: 'Trial', namespace, name })
      await away
      await allSucceed('beside')
      await until(experiments(), 'default', 'cut-off', each => isTrue(each?.status?.conditions, 'Succeeded'))
      // Nobody but us takes our finalizer away.
      await until(trials(), namespace, name, each => each?.metadata.uid !== uid)
      expect(proxy.done.get('gone')).toBeGreaterThan(0)
    },
    120_000 + AWAY_MS,
  )

  test('it does not know us any more: we go on as soon as there is another token in its file', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await make('recognised')
    const ref = { apiVersion: API_VERSION, kind: 'Experiment', namespace: 'default', name: 'recognised' }
    // For as long as it takes: the API server believes a token for ten seconds more.
    await lane.client.patch(ref, { spec: { maxTrialCount: 10_000 } })
    const refused = says(/Unauthorized/)
    await lane.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: 'kubeflow', name: 'first' })
    await refused
    const before = experiments().get('default', 'recognised')?.status?.trialsSucceeded ?? 0
    writeFileSync(tokenFile, await tokenBoundTo('second', 'qalam-controller', lane), { mode: 0o600 })
    const isOn = (each: Experiment | undefined) => (each?.status?.trialsSucceeded ?? 0) > before + TRIAL_COUNT
    const { status } = (await until(experiments(), 'default', 'recognised', isOn)) ?? {}
    await lane.client.patch(ref, { spec: { maxTrialCount: (status?.trials ?? 0) + 3 } })
    await until(experiments(), 'default', 'recognised', each => isTrue(each?.status?.conditions, 'Succeeded'))
  }, 120_000)
})

interface Told extends Resource {
  readonly reason: string
  readonly involvedObject: { readonly name: string }
}
