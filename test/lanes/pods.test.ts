/** Pods that an operator makes for a trial, on a real API server; the operator is the test. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, type Resource, TRIAL_UID_ANNOTATION, type Trial } from '#api'
import type { Informers, WritingClient } from '#kube'
import { startRealCluster } from '../support/real-cluster.ts'
import { exampleExperiment } from './example.ts'
import { definitionOf, grant } from './foreign-kinds.ts'
import { enter, laneDirectory } from './lane.ts'
import { webhooksAt } from './local-webhooks.ts'
import { applyManifests, kubeconfigOf, type OwnProcess, ownProcess } from './shipped-account.ts'
import { established, until } from './until.ts'

const cluster = await startRealCluster()
const RUN = { apiVersion: 'lane.dev/v1', kind: 'Run' }
const JOB = { apiVersion: 'batch/v1', kind: 'Job' }

describe.skipIf(cluster === undefined)('the pod webhook', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let leader: OwnProcess
  /** The object of the first trial, and the Trial. */
  let run: Resource
  let trial: Trial

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)
    await client.create(definitionOf('Run', 'Namespaced'))
    await established(informers, 'runs.lane.dev')
    const optedIn = { labels: { 'katib.kubeflow.org/metrics-collector-injection': 'enabled' } }
    await client.patch({ apiVersion: 'v1', kind: 'Namespace', name: 'default' }, { metadata: optedIn })
    for (const name of ['kubeflow', 'elsewhere'])
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    // Nobody runs pods here, and nobody makes this account.
    for (const namespace of ['default', 'elsewhere'])
      await client.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }, 'lane')
    await applyManifests(client, 'rbac/controller.yaml', 'webhook/secret.yaml', 'webhook/creator-key.yaml')
    const all = ['get', 'list', 'watch', 'create', 'patch', 'delete']
    for (const object of grant(
      'qalam-controller',
      [{ apiGroups: ['lane.dev'], resources: ['runs'], verbs: all }],
      true,
    ))
      await client.create(object)
    const directory = laneDirectory(running)
    const path = join(directory, 'controller')
    writeFileSync(join(directory, 'token'), 'of a store that nobody reaches')
    await kubeconfigOf('qalam-controller', { transport: lane.transport, admin: cluster.kubeconfig, path })
    const kinds = ['Job.v1.batch', 'Run.v1.lane.dev'].flatMap(kind => ['--trial-resource', kind])
    const equipped = [
      '--collector-image',
      'registry/qalam:1',
      '--store',
      'https://127.0.0.1:1',
      '--store-token-file',
      join(directory, 'token'),
    ]
    const flags = ['controller', '--kubeconfig', path, '--lease-duration', '12s', '--webhook-port', '0']
    leader = ownProcess([...flags, ...kinds, ...equipped], { running, env: process.env, log })
    await webhooksAt((await leader.line(/webhook on port (\d+)/))[1] ?? '', lane)
    await leader.line(/leading/)
    await client.create(ofRuns('tune'))
    const made = Promise.withResolvers<Resource>()
    using _made = informers.of(RUN).onChange(({ object }) => made.resolve(object))
    run = await made.promise
    const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
    trial = (await until(trials, 'default', run.metadata.name, each => each !== undefined)) as Trial
    await judged()
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  /** API servers take some time to hear of a configuration; nothing is stored meanwhile. */
  async function judged(): Promise<void> {
    while (!isInjected(await client.create(aPod('probe', [ownerOf(run)]), { dryRun: true })));
  }

  test('of an object that a trial owns: the collector, labels, environment and the wrapped command', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const { metadata, spec } = (await client.create(aPod('direct', [ownerOf(run)]))) as Pod
    expect(metadata.labels).toMatchObject({
      'katib.kubeflow.org/trial': trial.metadata.name,
      'katib.kubeflow.org/experiment': 'tune',
    })
    expect(metadata.annotations?.[TRIAL_UID_ANNOTATION]).toBe(trial.metadata.uid)
    expect(spec.initContainers).toMatchObject([{ name: 'metrics-logger-and-collector', image: 'registry/qalam:1' }])
    expect(spec.containers[0]?.args?.[0]).toContain('python3 train.py 1>/var/log/katib/metrics.log 2>&1')
    expect(spec.containers[0]?.env).toContainEqual({ name: 'QALAM_TRIAL_NAME', value: trial.metadata.name })
  })

  test('of an object between them', async () => {
    const between = await client.create({
      ...JOB,
      metadata: { name: 'between', namespace: 'default', ownerReferences: [ownerOf(run)] },
      spec: { suspend: true, template: { spec: podSpec('worker') } },
    } as Resource)
    expect(isInjected(await client.create(aPod('deep', [ownerOf({ ...between, ...JOB })])))).toBe(true)
  })

  test("with the trial's label alone, in a namespace that never opted in too", async () => {
    const labelled = aPod('labelled')
    const labels = { 'katib.kubeflow.org/trial': trial.metadata.name }
    expect(isInjected(await client.create({ ...labelled, metadata: { ...labelled.metadata, labels } }))).toBe(true)
    // No trial is there: the pod of whoever it is passes.
    const far = { ...labelled.metadata, namespace: 'elsewhere', labels }
    expect(isInjected(await client.create({ ...labelled, metadata: far }))).toBe(false)
  })

  test('without the primary container a pod passes as it came', async () => {
    const pod = aPod('helper', [ownerOf(run)], 'helper')
    const made = (await client.create(pod)) as Pod
    expect(made.metadata.labels).toBeUndefined()
    expect(made.spec.containers.map(({ name, env }) => [name, env])).toEqual([['helper', undefined]])
    expect(made.spec.initContainers).toBeUndefined()
  })

  test('owners that own each other lead nowhere, and the pod passes', async () => {
    const hen = await client.create({ ...RUN, metadata: { name: 'hen', namespace: 'default' } })
    const egg = await client.create({
      ...RUN,
      metadata: { name: 'egg', namespace: 'default', ownerReferences: [ownerOf(hen)] },
    })
    await client.patch({ ...RUN, namespace: 'default', name: 'hen' }, { metadata: { ownerReferences: [ownerOf(egg)] } })
    expect(isInjected(await client.create(aPod('chick', [ownerOf(egg)])))).toBe(false)
  })

  test("pods of nobody's trial pass: owned by others, or not owned at all", async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u-web' }
    expect(isInjected(await client.create(aPod('web', [owner])))).toBe(false)
    expect(isInjected(await client.create(aPod('bare')))).toBe(false)
  })

  test("with no process of ours there, other pods are made; one of a trial's is made later", async () => {
    leader.child.kill('SIGKILL')
    await leader.ended
    expect(isInjected(await client.create(aPod('owned', [ownerOf(run)])))).toBe(false)
    await client.create(aPod('unrelated'))
    const late = aPod('late')
    const labels = { 'katib.kubeflow.org/trial': trial.metadata.name }
    await expect(client.create({ ...late, metadata: { ...late.metadata, labels } })).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('mutator.pod.katib.kubeflow.org'),
    })
  }, 60_000)
})

interface Pod extends Resource {
  readonly spec: {
    readonly containers: readonly {
      readonly name: string
      readonly args?: readonly string[]
      readonly env?: readonly object[]
    }[]
    readonly initContainers?: readonly object[]
  }
}

const isInjected = (pod: Resource) => (pod as Pod).spec.initContainers !== undefined

function podSpec(container: string) {
  const containers = [{ name: container, image: 'trainer', command: ['python3', 'train.py'] }]
  // Of a node that is not there: nobody runs it. The account is what the API server's own plugin fills in, which is off here.
  return {
    restartPolicy: 'Never',
    nodeName: 'nowhere',
    serviceAccountName: 'default',
    automountServiceAccountToken: false,
    containers,
  }
}

function aPod(name: string, ownerReferences: readonly object[] = [], container = 'training-container'): Resource {
  const metadata = { name, namespace: 'default', ...(ownerReferences.length > 0 ? { ownerReferences } : {}) }
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata as Resource['metadata'], spec: podSpec(container) }
}

function ownerOf({ apiVersion, kind, metadata }: Resource) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }
}

function ofRuns(name: string): Resource {
  const { spec, ...experiment } = exampleExperiment(name) as Resource & {
    spec: { trialTemplate: { trialSpec: object } }
  }
  const conditions = { successCondition: 'status.done', failureCondition: 'status.failed' }
  const trialTemplate = {
    ...spec.trialTemplate,
    ...conditions,
    primaryContainerName: 'training-container',
    trialSpec: { ...spec.trialTemplate.trialSpec, ...RUN },
  }
  return { ...experiment, spec: { ...spec, trialTemplate } }
}
