/**
 * The controllers over a connection to a real API server that has bad days: what must hold after every revision holds, in two
 * namespaces with experiments of one name, of which none may know anything of the other (S12); and when all is over, controllers
 * that start write nothing (S10).
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, type Experiment, isTrue, type Resource, type Suggestion, type Trial } from '#api'
import { createInProcessAsk, startControllers } from '#controller'
import { createInformers, kubeconfigTransport, systemClock, type Transport } from '#kube'
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
const BUDGET = { maxTrialCount: TRIAL_COUNT, parallelTrialCount: 3, algorithm: { algorithmName: 'random' } }
/** In every value of one namespace, and in nothing of another. */
const MARK = '.123454321'
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
  const observations = createMemoryObservationStore({ now: systemClock.now })
  const sides: Side[] = []
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

  const controllersOver = (transport: Transport) => {
    const informers = createInformers({ transport, clock: systemClock, log })
    return startControllers({
      ...{ transport, informers, observations, pool: createInProcessAsk(), knowledge, clock: systemClock, log },
    })
  }

  test.for(cases)('$what (seed $seed)', { timeout: 180_000 }, async ({ faults, seed, what }) => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await using world = new AsyncDisposableStack()
    const place = cases.findIndex(each => each.what === what && each.seed === seed)
    const left = await enterSide(lane, `left-${place}`, order => String(1 / (order + 1)))
    const right = await enterSide(lane, `right-${place}`, order => `${order + 1}${MARK}`)
    sides.push(left, right)
    for (const { namespace, record, lossOf } of [left, right]) {
      const endOf = (_: Resource, order: number) => ({ afterMs: 100 + 10 * order, losses: [lossOf(order)] })
      world.use(
        startSimulatedJobs({ transport: lane.transport, namespace, clock: systemClock, observations, record, endOf }),
      )
    }
    const { proxy, path } = await through(faults, seed)
    world.use(proxy)
    world.use(await controllersOver(world.use(await kubeconfigTransport(path))))

    for (const { namespace } of [left, right])
      await lane.client.create({ ...exampleExperiment('bad-day', BUDGET), metadata: { name: 'bad-day', namespace } })
    for (const { namespace } of [left, right]) await half(lane, namespace)
    const calmMs = calm(proxy)
    for (const { namespace } of [left, right]) await whole(lane, namespace)
    const tookMs = performance.now() - calmMs
    process.stdout.write(
      `${what}: ${JSON.stringify(Object.fromEntries(proxy.done))}; ended ${Math.round(tookMs)} ms after it\n`,
    )

    expect(proxy.done.size, 'something went wrong').toBeGreaterThan(0)
    for (const { record, seen } of [left, right]) {
      const invariants = watchInvariants(record)
      for (const { object, isDeleted } of seen()) {
        if (isDeleted) invariants.deleted(object)
        else invariants.written(object)
      }
      await invariants.settled(observations)
      expect(invariants.violations).toEqual([])
    }
    const texts = ({ seen }: Side) => seen().map(({ object }) => JSON.stringify(object))
    expect(texts(right).some(text => text.includes(MARK))).toBe(true)
    expect(texts(left).filter(text => text.includes(MARK) || text.includes(right.namespace))).toEqual([])
    expect(texts(right).filter(text => text.includes(left.namespace))).toEqual([])
  })

  test('a start where all is settled writes nothing', { timeout: 60_000 }, async () => {
    await using world = new AsyncDisposableStack()
    const before = sides.map(({ seen }) => seen().length)
    const side = await enterSide(lane, 'settled', () => '1')
    const { namespace, record } = side
    const endOf = () => ({ afterMs: 50, losses: ['1'] })
    world.use(
      startSimulatedJobs({ transport: lane.transport, namespace, clock: systemClock, observations, record, endOf }),
    )
    world.use(await controllersOver(lane.transport))
    // When an experiment that came later is over, they have looked at all others.
    await lane.client.create({ ...exampleExperiment('bad-day', BUDGET), metadata: { name: 'bad-day', namespace } })
    await whole(lane, namespace)
    expect(before.length).toBeGreaterThan(0)
    const written = sides.flatMap(({ seen }, i) =>
      seen()
        .slice(before[i])
        .map(({ object }) => object),
    )
    expect(written).toEqual([])
  })
})

/** One namespace, with an experiment of the name that all have. */
interface Side {
  readonly namespace: string
  readonly record: MachineRecord
  readonly lossOf: (order: number) => string
  seen(): { readonly object: Resource; readonly isDeleted: boolean }[]
}

async function enterSide(lane: Lane, namespace: string, lossOf: Side['lossOf']): Promise<Side> {
  await lane.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const seen = await recordChanges(lane, namespace)
  return { namespace, record: { reported: new Map(), running: new Set() }, lossOf, seen }
}

const inNamespace = <R extends Resource>({ informers }: Lane, kind: string, namespace: string) =>
  informers.of<R>({ apiVersion: API_VERSION, kind }, { namespace })

async function half(lane: Lane, namespace: string): Promise<void> {
  const experiments = inNamespace<Experiment>(lane, 'Experiment', namespace)
  await until(experiments, namespace, 'bad-day', each => (each?.status?.trialsSucceeded ?? 0) >= TRIAL_COUNT / 2)
}

/** All is done, and put away. */
async function whole(lane: Lane, namespace: string): Promise<void> {
  const experiments = inNamespace<Experiment>(lane, 'Experiment', namespace)
  await until(experiments, namespace, 'bad-day', each => isTrue(each?.status?.conditions, 'Succeeded'))
  await until(experiments, namespace, 'bad-day', each => each?.status?.trialsSucceeded === TRIAL_COUNT)
  const trials = inNamespace<Trial>(lane, 'Trial', namespace)
  const jobs = lane.informers.of({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace })
  for (const { metadata } of trials.list()) {
    await until(trials, namespace, metadata.name, each => isTrue(each?.status?.conditions, 'Succeeded'))
    // It goes with its pods, which nobody collects here.
    await until(
      jobs,
      namespace,
      metadata.name,
      each => each === undefined || each.metadata.deletionTimestamp !== undefined,
    )
  }
  const suggestions = inNamespace<Suggestion>(lane, 'Suggestion', namespace)
  const isLast = (each?: Suggestion) =>
    isTrue(each?.status?.conditions, 'Succeeded') && each?.spec.requests === TRIAL_COUNT
  await until(suggestions, namespace, 'bad-day', isLast)
}

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
