/** The controllers over a connection to a real API server that has bad days: what must hold after every revision holds. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, type Experiment, isTrue, type Resource, type Trial } from '#api'
import { createInProcessAsk, startControllers } from '#controller'
import { createInformers, kubeconfigTransport, systemClock } from '#kube'
import { createMemoryObservationStore } from '#store'
import { knowledge } from '../../cli/knowledge.ts'
import { watchInvariants } from '../sim/invariants.ts'
import { type MachineRecord, startSimulatedJobs } from '../sim/simulated-jobs.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { exampleExperiment } from './example.ts'
import { type FaultyProxy, type ProxyFault, proxyFaults } from './faulty-proxy.ts'
import { enter, type Lane, laneDirectory } from './lane.ts'
import { proxied } from './proxied.ts'
import { until } from './until.ts'

const cluster = await startRealCluster()
const TRIAL_COUNT = 10
/** QALAM_FULL=1: each fault alone under several seeds; else three mixtures of them under one. */
const isFull = process.env.QALAM_FULL === '1'
const ofWatches: readonly ProxyFault[] = ['cut', 'gone', 'rewind']
const mixtures: readonly (readonly ProxyFault[])[] = isFull
  ? proxyFaults.map(fault => [fault])
  : [['delay', 'drop', 'reset', 'duplicate'], ofWatches, [409, 429, 500, 503]]
const cases = mixtures.flatMap(faults =>
  (isFull ? [1, 2, 3] : [1]).map(seed => ({ what: faults.join(', '), faults, seed })),
)

describe.skipIf(cluster === undefined)('controllers on a bad day', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let lane: Lane
  let directory = ''

  beforeAll(async () => {
    if (cluster === undefined) return
    lane = await enter(cluster, { running, log })
    directory = laneDirectory(running)
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  /** A kubeconfig whose way to the API server leads through the proxy. */
  async function through(faults: readonly ProxyFault[], seed: number) {
    // There are few lists and watches.
    const share = faults.every(fault => ofWatches.includes(fault)) ? 0.6 : 0.15
    return proxied(cluster!, { faults, seed, share }, join(directory, `kubeconfig-${seed}`))
  }

  test.for(cases)('$what (seed $seed)', { timeout: 180_000 }, async ({ faults, seed, what }) => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await using world = new AsyncDisposableStack()
    const namespace = `bad-day-${cases.findIndex(each => each.what === what && each.seed === seed)}`
    await lane.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const seen = await recordChanges(lane, namespace)
    const record: MachineRecord = { reported: new Map(), running: new Set() }
    const observations = world.use(createMemoryObservationStore({ now: systemClock.now }))
    const { transport } = lane
    const endOf = (_: Resource, order: number) => ({ afterMs: 100 + 10 * order, losses: [String(1 / (order + 1))] })
    world.use(startSimulatedJobs({ transport, namespace, clock: systemClock, observations, record, endOf }))
    const { proxy, path } = await through(faults, seed)
    world.use(proxy)
    const faulty = world.use(await kubeconfigTransport(path))
    const informers = world.use(createInformers({ transport: faulty, clock: systemClock, log }))
    world.use(
      await startControllers({
        ...{
          transport: faulty,
          informers,
          observations,
          pool: createInProcessAsk(),
          knowledge,
          clock: systemClock,
          log,
        },
      }),
    )

    const budget = { maxTrialCount: TRIAL_COUNT, parallelTrialCount: 3, algorithm: { algorithmName: 'random' } }
    const experiment = exampleExperiment('bad-day', budget)
    await lane.client.create({ ...experiment, metadata: { name: 'bad-day', namespace } })
    const experiments = lane.informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' }, { namespace })
    const trials = lane.informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { namespace })
    await until(experiments, namespace, 'bad-day', each => (each?.status?.trialsSucceeded ?? 0) >= TRIAL_COUNT / 2)
    const calmMs = calm(proxy)
    await until(experiments, namespace, 'bad-day', each => isTrue(each?.status?.conditions, 'Succeeded'))
    await until(experiments, namespace, 'bad-day', each => each?.status?.trialsSucceeded === TRIAL_COUNT)
    for (const { metadata } of trials.list())
      await until(trials, namespace, metadata.name, each => isTrue(each?.status?.conditions, 'Succeeded'))
    const tookMs = performance.now() - calmMs
    process.stdout.write(
      `${what}: ${JSON.stringify(Object.fromEntries(proxy.done))}; ended ${Math.round(tookMs)} ms after it\n`,
    )

    expect(proxy.done.size, 'something went wrong').toBeGreaterThan(0)
    const invariants = watchInvariants(record)
    for (const { object, isDeleted } of seen()) {
      if (isDeleted) invariants.deleted(object)
      else invariants.written(object)
    }
    await invariants.settled(observations)
    expect(invariants.violations).toEqual([])
  })
})

function calm(proxy: FaultyProxy): number {
  proxy.calm()
  return performance.now()
}

/** Every revision of our objects in a namespace, in the order of the API server's revisions; seen past the proxy. */
async function recordChanges({ informers }: Lane, namespace: string) {
  const changes: { readonly object: Resource; readonly isDeleted: boolean }[] = []
  const kinds = [
    ...['Experiment', 'Suggestion', 'Trial'].map(kind => ({ apiVersion: API_VERSION, kind })),
    { apiVersion: 'batch/v1', kind: 'Job' },
  ]
  for (const kind of kinds) {
    const informer = informers.of(kind, { namespace })
    informer.onChange(
      ({ type, object }) =>
        void changes.push({ object: { ...object, kind: kind.kind }, isDeleted: type === 'deleted' }),
    )
    await informer.synced()
  }
  const revision = ({ object }: (typeof changes)[number]) => Number(object.metadata.resourceVersion)
  return () => changes.toSorted((a, b) => revision(a) - revision(b))
}
