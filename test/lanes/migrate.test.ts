/** `qalam doctor --migration`, `migrate` and `migrate --back` over what Katib left on a real API server. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, COLLECTOR_IMAGE, type Experiment, isTrue, type Resource, type Suggestion, type Trial } from '#api'
import { createSuggestPool, startControllers } from '#controller'
import { createInformers, type Informers, systemClock, type Transport, type WritingClient } from '#kube'
import { connectObservationStore, type ObservationStore } from '#store'
import { knowledge } from '../../cli/knowledge.ts'
import { usePostgres } from '../support/postgres.ts'
import { launcher } from '../support/qalam.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { collectorInto } from './collector-into.ts'
import { type KatibDbManager, startKatibDbManager } from './katib-db-manager.ts'
import { createAsKatib } from './katib-objects.ts'
import { enter, laneDirectory } from './lane.ts'
import { runPods } from './lane-kubelet.ts'
import { databaseUrlOf } from './shipped-account.ts'
import { until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true })
const emptyDatabase = usePostgres()
const run = promisify(execFile)
const kind = (name: string) => ({ apiVersion: API_VERSION, kind: name })
const place = (name: string) => ({ namespace: 'default', name })
const SECOND = '2026-01-01T10:00:01Z'

describe.skipIf(cluster === undefined)('taking over from Katib', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let transport: Transport
  let katib: KatibDbManager
  let observations: ObservationStore
  let databaseUrl = ''
  let go = ''

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers, transport } = lane)
    const { config } = await emptyDatabase()
    databaseUrl = databaseUrlOf(config)
    observations = running.use(connectObservationStore(config))
    katib = running.use(await startKatibDbManager())
    const directory = laneDirectory(running)
    go = join(directory, 'go')
    runPods(running, {
      transport,
      dataDir: join(directory, 'kubelet'),
      builtIns: { [COLLECTOR_IMAGE]: collectorInto(observations) },
      slots: { cpus: 3 },
      log,
    })
    const accounts = informers.of({ apiVersion: 'v1', kind: 'ServiceAccount' })
    await until(accounts, 'default', 'default', account => account !== undefined)
    const waits = ['sh', '-c', `while ! test -e ${go}; do sleep 0.2; done`]
    await createAsKatib(
      client,
      'tuned',
      [
        { x: '1', z: '1', state: 'Succeeded' },
        { x: '2', z: '0', state: 'Succeeded' },
        { x: '3', z: '0', state: 'Running', command: waits },
      ],
      [{ x: '4', z: '-2' }],
      { spec: { maxTrialCount: 6, parallelTrialCount: 2, algorithm: { algorithmName: 'random' } } },
    )
    await createAsKatib(client, 'over', [{ x: '1', z: '1', state: 'Succeeded' }], [], { ended: true })
    await createAsKatib(client, 'networks', [], [], { spec: { algorithm: { algorithmName: 'enas' } } })
    katib.rows.set('tuned-0', [{ timeStamp: SECOND, metric: { name: 'loss', value: '8' } }])
    katib.rows.set('tuned-2', [{ timeStamp: SECOND, metric: { name: 'loss', value: '1' } }])
  }, 180_000)
  afterAll(() => running.disposeAsync(), 120_000)

  const qalam = (...args: string[]) =>
    run(launcher, [...args, '--kubeconfig', cluster?.kubeconfig ?? '', '--db-manager', katib.address], {
      env: { ...process.env, DATABASE_URL: databaseUrl },
    })
  const experiment = (name: string) => client.get<Experiment>({ ...kind('Experiment'), ...place(name) })
  const suggestion = (name: string) => client.get<Suggestion>({ ...kind('Suggestion'), ...place(name) })
  const trial = (name: string) => client.get<Trial>({ ...kind('Trial'), ...place(name) })

  async function versions(): Promise<readonly (string | undefined)[]> {
    const lists = await Promise.all(['Experiment', 'Suggestion', 'Trial'].map(each => client.list(kind(each), {})))
    return lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.resourceVersion))
  }

  test('the doctor lists experiments in every state, finalizers, Deployments and observation logs', async () => {
    const { stdout } = await qalam('doctor', '--migration')
    expect(stdout).toContain('Experiment default/tuned: Running, random, 3 trials, 1 of them running, budget 6')
    expect(stdout).toContain('Experiment default/over: Succeeded')
    expect(stdout).toMatch(/Experiment default\/networks: Running, enas.*cannot go on here.*algorithmName/)
    expect(stdout).toContain('3 experiments of Katib, 4 trials')
    expect(stdout).toContain('7 finalizers of Katib')
    expect(stdout).toContain('3 Deployments of algorithms')
    expect(stdout).toContain(`2 reported values of 2 trials at ${katib.address}`)
  }, 60_000)

  test('a dry run says each step and changes nothing', async () => {
    const before = await versions()
    const { stdout, stderr } = await qalam('migrate', '--dry-run')
    expect(stdout).toContain('Trial default/tuned-2 becomes number 2')
    expect(stdout).toContain('Job default/tuned-2 is labelled with its trial')
    expect(stdout).toContain('Suggestion default/tuned keeps 1 of 4 assignments')
    expect(stderr).toContain('dry run: nothing was changed')
    expect(await versions()).toEqual(before)
  }, 60_000)

  test('trials of one name in two namespaces are refused', async () => {
    const twin = { ...kind('Trial'), metadata: { name: 'tuned-0', namespace: 'kube-public' }, spec: {} } as Resource
    await client.create(twin)
    await expect(qalam('migrate')).rejects.toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/tuned-0 \((default, kube-public|kube-public, default)\)/),
    })
    await client.delete({ ...kind('Trial'), namespace: 'kube-public', name: 'tuned-0' })
  }, 60_000)

  test('a running experiment goes on: its trials count, its running one ends here, its waiting one is made', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const { stderr } = await qalam('migrate')
    expect(stderr).toContain('3 experiments taken over')
    expect(stderr).toContain('2 reported values')
    expect((await experiment('networks'))?.spec.suspend).toBe(true)
    const again = await qalam('migrate')
    expect([again.stdout, again.stderr]).toEqual(['', 'nothing of Katib is left to take over\n'])

    const pool = running.use(createSuggestPool({ onTrouble: (_, message) => log(message) }))
    const own = running.use(createInformers({ transport, clock: systemClock, log }))
    await using _controllers = await startControllers({
      ...{ transport, informers: own, observations, pool, knowledge, clock: systemClock, log },
    })
    writeFileSync(go, '')
    const experiments = informers.of<Experiment>(kind('Experiment'))
    const ended = await until(experiments, 'default', 'tuned', each => isTrue(each?.status?.conditions, 'Succeeded'))
    expect(ended?.status).toMatchObject({ trials: 6, trialsSucceeded: 6 })
    expect((await trial('tuned-2'))?.status?.observation?.metrics?.[0]).toMatchObject({ name: 'loss', latest: '1' })
    expect((await trial('tuned-3'))?.spec.parameterAssignments).toEqual([
      { name: 'x', value: '4' },
      { name: 'z', value: '-2' },
    ])
    expect(ended?.metadata.finalizers ?? []).toEqual([])
    const over = await until(experiments, 'default', 'over', each => each?.metadata.finalizers === undefined)
    expect(isTrue(over?.status?.conditions, 'Succeeded')).toBe(true)
    expect(over?.status?.trials).toBe(1)
    expect(await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', ...place('tuned-random') })).toBeUndefined()
  }, 180_000)

  test('back: Katib finds every assignment listed, no number, no finalizer of ours, and what was reported here', async () => {
    const { stderr } = await qalam('migrate', '--back')
    expect(stderr).toContain('given back to Katib')
    const { status, spec } = (await suggestion('tuned')) ?? {}
    const names = status?.suggestions?.map(({ name }) => name) ?? []
    expect(names.slice(0, 4)).toEqual(['tuned-0', 'tuned-1', 'tuned-2', 'tuned-3'])
    expect([names.length, status?.suggestionCount, spec?.requests]).toEqual([6, 6, 6])
    expect(
      status?.suggestions?.every(each => each.index === undefined && each.parameterAssignments?.length === 2),
    ).toBe(true)
    const { items } = await client.list<Trial>(kind('Trial'), { namespace: 'default' })
    for (const { metadata } of items) {
      expect(Object.keys(metadata.labels ?? {}).filter(label => label.startsWith('qalam.dev/'))).toEqual([])
      expect(metadata.finalizers ?? []).toEqual([])
    }
    expect((await experiment('networks'))?.spec.suspend).toBeUndefined()
    expect(katib.rows.get('tuned-0')).toHaveLength(1)
    expect(katib.rows.get('tuned-3')?.[0]?.metric?.name).toBe('loss')
    const again = await qalam('migrate', '--back')
    expect([again.stdout, again.stderr]).toEqual(['', 'nothing is to be given back\n'])
  }, 60_000)
})
