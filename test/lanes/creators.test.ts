/** What trials may be, on a real API server: the operator's list, and the rights of whoever made the Experiment (mode enforce). */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, CREATOR_ANNOTATION, type Experiment, type Resource } from '#api'
import { createClient, type Informers, kubeconfigTransport, type WritingClient } from '#kube'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { exampleExperiment } from './example.ts'
import { definitionOf, grant } from './foreign-kinds.ts'
import { enter, laneDirectory } from './lane.ts'
import { webhooksAt } from './local-webhooks.ts'
import { applyManifests, databaseUrlOf, kubeconfigOf, type OwnProcess, ownProcess } from './shipped-account.ts'
import { established, until } from './until.ts'

const cluster = await startRealCluster()
const emptyDatabase = usePostgres()
const RUN = { apiVersion: 'lane.dev/v1', kind: 'Run' }
const CLUSTER_RUN = { apiVersion: 'lane.dev/v1', kind: 'ClusterRun' }

describe.skipIf(cluster === undefined)('qalam controller --creators enforce', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  /** May create Experiments in namespace default, and nothing else. */
  let modest: WritingClient
  /** May create Runs as well. */
  let able: WritingClient
  let flags: readonly string[] = []
  let env: NodeJS.ProcessEnv = {}
  let leader: OwnProcess

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)
    for (const [kind, scope] of [
      ['Run', 'Namespaced'],
      ['ClusterRun', 'Cluster'],
    ])
      await client.create(definitionOf(kind ?? '', scope ?? ''))
    for (const name of ['runs.lane.dev', 'clusterruns.lane.dev']) await established(informers, name)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/controller.yaml', 'webhook/secret.yaml', 'webhook/creator-key.yaml')
    const directory = laneDirectory(running)
    const accountOf = async (name: string, rules: readonly object[]) => {
      await client.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kubeflow' } })
      for (const object of grant(name, rules)) await client.create(object)
      const path = join(directory, name)
      await kubeconfigOf(name, { transport: lane.transport, admin: cluster.kubeconfig, path })
      return createClient(running.use(await kubeconfigTransport(path)))
    }
    const experiments = { apiGroups: ['kubeflow.org'], resources: ['experiments'], verbs: ['create', 'get', 'patch'] }
    modest = await accountOf('modest', [experiments])
    able = await accountOf('able', [experiments, { apiGroups: ['lane.dev'], resources: ['runs'], verbs: ['create'] }])
    // What an operator adds where trials are of other kinds than Jobs.
    const all = ['get', 'list', 'watch', 'create', 'patch', 'delete']
    for (const object of grant(
      'qalam-controller',
      [{ apiGroups: ['lane.dev'], resources: ['runs'], verbs: all }],
      true,
    ))
      await client.create(object)
    const path = join(directory, 'controller')
    await kubeconfigOf('qalam-controller', { transport: lane.transport, admin: cluster.kubeconfig, path })
    const kinds = ['Job.v1.batch', 'Run.v1.lane.dev', 'ClusterRun.v1.lane.dev'].flatMap(kind => [
      '--trial-resource',
      kind,
    ])
    flags = ['controller', '--kubeconfig', path, '--lease-duration', '12s', '--creators', 'enforce', ...kinds]
    env = { ...process.env, DATABASE_URL: databaseUrlOf((await emptyDatabase()).config) }
    leader = ownProcess([...flags, '--webhook-port', '0'], { running, env, log })
    await webhooksAt((await leader.line(/webhook on port (\d+)/))[1] ?? '', lane)
    await leader.line(/leading/)
    await judged()
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  /** API servers take some time to hear of a configuration; nothing is stored meanwhile. */
  async function judged(): Promise<void> {
    for (;;) {
      const wrong = exampleExperiment('wrong', { algorithm: { algorithmName: 'tpo' } })
      const refusal = await client.create(wrong, { dryRun: true }).catch((error: { code: number }) => error.code)
      if (refusal === 400) return
    }
  }

  const signed = (experiment: Resource | undefined) => experiment?.metadata.annotations?.[CREATOR_ANNOTATION]

  test('a kind that is not on the list is refused, with the list', async () => {
    await expect(client.create(ofKind('secret', { apiVersion: 'v1', kind: 'Secret' }))).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('expected a kind that the operator allows (Job of batch/v1, Run of lane.dev/v1'),
    })
  })

  test('who may not create a kind may not have it tried for him', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await expect(modest.create(ofKind('greedy', RUN))).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining(
        'system:serviceaccount:kubeflow:modest may not create runs.lane.dev in namespace default',
      ),
    })
  })

  test('who may has his trials, is signed, and nobody takes his name off', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const made = await able.create(ofKind('granted', RUN))
    expect(signed(made)).toMatch(/^[\w-]+\.[\w-]+$/)
    for (const written of [null, 'forged']) {
      const ref = { apiVersion: API_VERSION, kind: 'Experiment', namespace: 'default', name: 'granted' }
      const patched = await modest.patch(ref, { metadata: { annotations: { [CREATOR_ANNOTATION]: written } } })
      expect(signed(patched)).toBe(signed(made))
    }
    const { promise, resolve } = Promise.withResolvers<Resource>()
    using _created = informers.of(RUN).onChange(({ object }) => resolve(object))
    expect((await promise).metadata.name).toMatch(/^granted-/)
  }, 60_000)

  test('stored while no webhook was there: no Run is made, copied signature or not, and the condition says why', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const copied = signed(
      await client.get({ apiVersion: API_VERSION, kind: 'Experiment', namespace: 'default', name: 'granted' }),
    )
    leader.child.kill('SIGKILL')
    await leader.ended
    await modest.create(ofKind('unsigned', RUN))
    const forged = ofKind('forged', RUN)
    await modest.create({
      ...forged,
      metadata: { ...forged.metadata, annotations: { [CREATOR_ANNOTATION]: copied ?? '' } },
    })
    await modest.create(ofKind('everywhere', CLUSTER_RUN))
    await modest.create(exampleExperiment('plain'))
    // Without a webhook: nobody could sign them any more.
    const next = ownProcess(flags, { running, env, log })
    await next.line(/leading/)
    expect(await degraded('unsigned')).toMatch(/^trials may only be Jobs: nobody signed who made it/)
    expect(await degraded('forged')).toMatch(
      /^trials may only be Jobs: the annotation .* is not signed for this experiment/,
    )
    expect(await degraded('everywhere')).toContain('expected a kind whose objects are in namespaces, got ClusterRun')
    const jobs = informers.of({ apiVersion: 'batch/v1', kind: 'Job' })
    const { promise, resolve } = Promise.withResolvers<Resource>()
    using _created = jobs.onChange(({ object }) => object.metadata.name.startsWith('plain-') && resolve(object))
    await promise
    const { items } = await client.list({ ...RUN })
    expect(items.filter(({ metadata }) => !metadata.name.startsWith('granted-'))).toEqual([])
    expect((await client.list(CLUSTER_RUN)).items).toEqual([])
    next.child.kill('SIGTERM')
    expect(await next.ended).toBe(0)
  }, 120_000)

  async function degraded(name: string): Promise<string | undefined> {
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    const find = (experiment: Experiment | undefined) =>
      experiment?.status?.conditions?.find(({ type, reason }) => type === 'Degraded' && reason === 'TrialKind')
    return find(await until(experiments, 'default', name, each => find(each) !== undefined))?.message
  }
})

function ofKind(name: string, type: { readonly apiVersion: string; readonly kind: string }): Resource {
  const { spec, ...experiment } = exampleExperiment(name) as Resource & {
    spec: { trialTemplate: { trialSpec: object } }
  }
  const conditions = { successCondition: 'status.done', failureCondition: 'status.failed' }
  const trialTemplate = {
    ...spec.trialTemplate,
    ...conditions,
    trialSpec: { ...spec.trialTemplate.trialSpec, ...type },
  }
  return { ...experiment, spec: { ...spec, trialTemplate } }
}
