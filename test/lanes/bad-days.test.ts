/** What tenants and days bring on a real API server: each says why in the cluster's words, harms nobody else, and goes on by itself. */
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import {
  API_VERSION,
  COLLECTOR_IMAGE,
  customResourceDefinitions,
  type Experiment,
  isTrue,
  type Resource,
  type Trial,
} from '#api'
import { createSuggestPool, startControllers } from '#controller'
import { createInformers, type Informers, systemClock, type WritingClient } from '#kube'
import { createMemoryObservationStore } from '#store'
import { knowledge } from '../../cli/knowledge.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { collectorInto } from './collector-into.ts'
import { exampleExperiment } from './example.ts'
import { enter, laneDirectory } from './lane.ts'
import { runPods } from './lane-kubelet.ts'
import { keepPodsStuck, UNSCHEDULABLE, unpullable } from './stuck-pods.ts'
import { establishDefinitions, until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true })

describe.skipIf(cluster === undefined)('bad days on a real API server', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let kubelet: Pick<Parameters<typeof runPods>[1], 'transport' | 'builtIns' | 'log'>

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)
    const { transport } = lane
    const observations = running.use(createMemoryObservationStore({ now: systemClock.now }))
    kubelet = { transport, builtIns: { [COLLECTOR_IMAGE]: collectorInto(observations) }, log }
    runPods(running, { ...kubelet, dataDir: laneDirectory(running) })
    const pool = running.use(createSuggestPool({ onTrouble: (_, message) => log(message) }))
    const own = running.use(createInformers({ transport, clock: systemClock, log }))
    const clock = systemClock
    running.use(await startControllers({ transport, informers: own, observations, pool, knowledge, clock, log }))
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  const experiments = () => informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
  const trials = () => informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })

  /** A small one; `wrong` is put into its Job. */
  function anExperiment(name: string, namespace = 'default', wrong: object = {}): Resource {
    const example = exampleExperiment(name, { maxTrialCount: 2, parallelTrialCount: 1 }) as Resource & { spec: Spec }
    const { trialTemplate } = example.spec
    const spec = {
      ...example.spec,
      trialTemplate: { ...trialTemplate, trialSpec: { ...trialTemplate.trialSpec, ...wrong } },
    }
    return { ...example, metadata: { name, namespace }, spec }
  }

  async function namespaceNamed(name: string): Promise<void> {
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }

  /** Resolves when the API server heeds the quota. */
  async function forbid(namespace: string, hard: object): Promise<void> {
    const type = { apiVersion: 'v1', kind: 'ResourceQuota' }
    await client.create({ ...type, metadata: { name: 'none', namespace }, spec: { hard } })
    await until(informers.of<Quota>(type), namespace, 'none', each => each?.status?.hard !== undefined)
  }

  const succeeds = (name: string, namespace = 'default') =>
    until(experiments(), namespace, name, each => isTrue(each?.status?.conditions, 'Succeeded'))

  /** Resolves with what a trial of the experiment says while it waits, as soon as that matches. */
  function says(namespace: string, words: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    const look = () => {
      for (const { status } of trials().list(namespace))
        for (const { type, message = '' } of status?.conditions ?? [])
          if (type === 'Running' && words.test(message)) resolve(message)
    }
    const subscription = trials().onChange(look)
    look()
    return promise.finally(() => subscription[Symbol.dispose]())
  }

  test.concurrent("a quota on pods: the trial says it in the cluster's words, others go on, and so does it once there is room", async ({
    onTestFailed,
  }) => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await namespaceNamed('tight')
    await forbid('tight', { pods: '0' })
    await client.create(anExperiment('crowded', 'tight'))
    const [message] = await Promise.all([says('tight', /exceeded quota/), made('neighbour')])
    expect(message).toMatch(
      /^Trial waits: .*pods "crowded-.*" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0/,
    )
    await client.delete({ apiVersion: 'v1', kind: 'ResourceQuota', namespace: 'tight', name: 'none' })
    await succeeds('crowded', 'tight')
  }, 240_000)

  test.concurrent('a quota on volumes: the experiment says why its checkpoints have none, and goes on once it may', async ({
    onTestFailed,
  }) => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await namespaceNamed('diskless')
    await forbid('diskless', { persistentvolumeclaims: '0' })
    const population = anExperiment('population', 'diskless') as Resource & { spec: object }
    const algorithmSettings = [
      ['suggestion_trial_dir', '/ckpt'],
      ['n_population', '5'],
      ['truncation_threshold', '0.2'],
    ].map(([name, value]) => ({ name, value }))
    const spec = {
      ...population.spec,
      resumePolicy: 'FromVolume',
      algorithm: { algorithmName: 'pbt', algorithmSettings },
    }
    await client.create({ ...population, spec })
    const degraded = (each: Experiment | undefined) =>
      each?.status?.conditions?.find(({ type, reason }) => type === 'Degraded' && reason === 'CheckpointClaim')
    const told = await until(experiments(), 'diskless', 'population', each => degraded(each) !== undefined)
    expect(degraded(told)?.message).toMatch(
      /^checkpoints have no volume: .*exceeded quota: none, requested: persistentvolumeclaims=1/,
    )
    expect(trials().list('diskless')).toEqual([])
    await client.delete({ apiVersion: 'v1', kind: 'ResourceQuota', namespace: 'diskless', name: 'none' })
    await until(
      experiments(),
      'diskless',
      'population',
      each => degraded(each) === undefined && (each?.status?.trials ?? 0) > 0,
    )
  }, 120_000)

  test.concurrent("images that never pull end their trials in the kubelet's words, pods without a node wait in the scheduler's, others go on", async ({
    onTestFailed,
  }) => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const image = 'registry.example/nobody/has:1'
    const statuses = { unpulled: unpullable(image), unscheduled: UNSCHEDULABLE }
    using stuck = keepPodsStuck({ client, informers }, statuses, log)
    for (const name of Object.keys(statuses)) {
      await namespaceNamed(name)
      const experiment = onNode('elsewhere', anExperiment(name, name))
      const patience = { trialDeadlines: { pendingSeconds: 2 }, maxFailedTrialCount: 0 }
      await client.create({ ...experiment, spec: { ...experiment.spec, ...patience } })
    }
    const ended = until(experiments(), 'unpulled', 'unpulled', each => isTrue(each?.status?.conditions, 'Failed'))
    const waits = says('unscheduled', /is not scheduled/)
    await Promise.all([ended, waits, made('pulled')])
    expect(trials().list('unpulled').at(0)?.status?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      message: expect.stringMatching(
        /container training-container waits \(ImagePullBackOff\): Back-off pulling image "registry/,
      ),
    })
    expect(await waits).toMatch(
      /^Trial waits: pod unscheduled-\S+ is not scheduled: 0\/3 nodes are available: 3 Insufficient nvidia\.com\/gpu\.$/,
    )
    // A node comes that has room.
    stuck[Symbol.dispose]()
    runPods(running, { ...kubelet, dataDir: laneDirectory(running), nodeName: 'elsewhere' })
    await succeeds('unscheduled', 'unscheduled')
  }, 120_000)

  async function made(name: string): Promise<void> {
    await client.create(anExperiment(name))
    await succeeds(name)
  }

  test("a quota on Jobs: the API server's own refusal stands on the trial", async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await namespaceNamed('jobless')
    await forbid('jobless', { 'count/jobs.batch': '0' })
    await client.create(anExperiment('refused', 'jobless'))
    expect(await says('jobless', /exceeded quota/)).toMatch(/^Trial waits: its Job is refused: .*exceeded quota: none/)
    await client.delete({ apiVersion: 'v1', kind: 'ResourceQuota', namespace: 'jobless', name: 'none' })
    await succeeds('refused', 'jobless')
  }, 240_000)

  test('labels that the API server takes for none: the trial quotes it, and others go on', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await namespaceNamed('hostile')
    const metadata = { labels: { 'a/b/../c': 'x', [`${'k'.repeat(64)}`]: '-"$(reboot)' } }
    await client.create(anExperiment('labelled', 'hostile', { metadata }))
    const [message] = await Promise.all([says('hostile', /is invalid/), made('unharmed')])
    expect(message).toMatch(/^Trial waits: its Job is refused: .*metadata\.labels: Invalid value: "a\/b\/\.\.\/c"/)
  }, 120_000)

  test('a template that names another namespace fails at once, and no Job is made anywhere', async () => {
    await namespaceNamed('elsewhere')
    await client.create(anExperiment('wanderer', 'default', { metadata: { namespace: 'elsewhere' } }))
    const failed = await until(experiments(), 'default', 'wanderer', each => isTrue(each?.status?.conditions, 'Failed'))
    expect(failed?.status?.conditions?.at(-1)).toMatchObject({
      reason: 'InvalidSpec',
      message: expect.stringContaining('spec.trialTemplate.trialSpec.metadata.namespace'),
    })
    expect((await client.list({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace: 'elsewhere' })).items).toEqual([])
  }, 60_000)

  test('a namespace that is deleted in the middle goes, and others go on', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await namespaceNamed('leaving')
    const namespaces = informers.of<Resource>({ apiVersion: 'v1', kind: 'Namespace' })
    await client.create(anExperiment('cut-off', 'leaving'))
    await until(experiments(), 'leaving', 'cut-off', each => (each?.status?.trials ?? 0) > 0)
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: 'leaving' })
    await Promise.all([until(namespaces, undefined, 'leaving', each => each === undefined), made('staying')])
  }, 240_000)

  test('the definitions are deleted under running experiments, and made again: the same controllers serve them', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await client.create(anExperiment('doomed'))
    await until(experiments(), 'default', 'doomed', each => (each?.status?.trials ?? 0) > 0)
    const definitions = informers.of<Resource>({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
    })
    const names = customResourceDefinitions().map(({ metadata }) => metadata.name)
    for (const name of names)
      await client.delete({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name })
    for (const name of names) await until(definitions, undefined, name, each => each === undefined)
    await establishDefinitions(client, informers)
    await made('reborn')
  }, 240_000)
})

/** Bound to a node that is not there. */
function onNode(nodeName: string, experiment: Resource): Resource & { readonly spec: object } {
  const { spec } = experiment as Resource & { spec: Spec }
  const { trialTemplate } = spec
  const job = trialTemplate.trialSpec as { spec: { template: { spec: object } } }
  const template = { ...job.spec.template, spec: { ...job.spec.template.spec, nodeName } }
  const trialSpec = { ...job, spec: { ...job.spec, template } }
  return { ...experiment, spec: { ...spec, trialTemplate: { ...trialTemplate, trialSpec } } }
}

interface Quota extends Resource {
  readonly status?: { readonly hard?: object }
}
interface Spec {
  readonly trialTemplate: { readonly trialSpec: object }
}
