/** An algorithm, and a rule for stopping early, of a katib-config that are not built in, on a real API server, under the rights that are shipped for it. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { API_VERSION, type Experiment, isTrue, type Resource, refOf, type Suggestion } from '#api'
import { createSuggestPool, startControllers } from '#controller'
import { createInformers, type Informers, kubeconfigTransport, systemClock, type WritingClient } from '#kube'
import { createMemoryObservationStore } from '#store'
import { type ForeignServices, withForeignAlgorithms } from '../../cli/foreign-algorithms.ts'
import { knowledgeOf } from '../../cli/knowledge.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { exampleExperiment } from './example.ts'
import { type ForeignPeer, startAlgorithm, startStopping } from './katib-wire/foreign-peer.ts'
import { katibPython } from './katib-wire/python.ts'
import { enter, laneDirectory } from './lane.ts'
import { applyManifests, kubeconfigOf } from './shipped-account.ts'
import { until } from './until.ts'

const python = await katibPython()
// Nobody runs the pod of the Deployment: the test says when it is available.
const cluster =
  python === undefined
    ? undefined
    : await startRealCluster({ controllerManager: true, env: { KCM_CONTROLLERS: '*,-deployment-controller' } })
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' }
const SERVICE = { apiVersion: 'v1', kind: 'Service' }

describe.skipIf(cluster === undefined)('an algorithm that a cluster runs', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let service: ForeignPeer
  let rule: ForeignPeer

  beforeAll(async () => {
    if (cluster === undefined || python === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/controller.yaml')
    const path = join(laneDirectory(running), 'kubeconfig')
    await kubeconfigOf('qalam-controller', { transport: lane.transport, admin: cluster.kubeconfig, path })
    service = running.use(await startAlgorithm(python))
    rule = running.use(await startStopping(python, path))
    const transport = running.use(await kubeconfigTransport(path))
    // Nobody resolves the name of a Service here.
    const foreign: ForeignServices = {
      algorithm: ({ algorithm }) => (algorithm.algorithmName === 'mine' ? service.address : undefined),
      stopping: ask =>
        ask.foreign?.earlyStopping
          ? { address: rule.address, dbManagerAddress: 'katib-db-manager.kubeflow:6789' }
          : undefined,
    }
    running.use(
      await startControllers({
        transport,
        informers: running.use(createInformers({ transport, clock: systemClock, log })),
        observations: running.use(createMemoryObservationStore({ now: systemClock.now })),
        pool: running.use(withForeignAlgorithms(createSuggestPool(), foreign, systemClock)),
        knowledge: knowledgeOf(() => ({ algorithms: ['mine'], earlyStoppers: ['theirs'] })),
        foreignService: (name, ruleName) => {
          if (name === 'mine') return { algorithm: { algorithmName: 'mine', image: 'example.com/mine:1' } }
          return ruleName ? { stopping: { algorithmName: ruleName, image: 'example.com/rule:1' } } : undefined
        },
        clock: systemClock,
        log,
      }),
    )
  }, 120_000)
  afterAll(() => running.disposeAsync(), 60_000)

  test('a Deployment and a Service are made; nobody is asked until it is available; both go with the search', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const suggestions = informers.of<Suggestion>({ apiVersion: API_VERSION, kind: 'Suggestion' })
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    const deployments = informers.of<Resource>(DEPLOYMENT)
    const ends = { maxFailedTrialCount: 1, trialDeadlines: { pendingSeconds: 1 } }
    const algorithm = { algorithmName: 'mine' }
    await client.create(exampleExperiment('theirs', { algorithm, parallelTrialCount: 2, ...ends }))
    // Without the right to make it, which is a component of its own, the search says so and goes on once it is granted.
    const refused = await until(suggestions, 'default', 'theirs', each => isTrue(each?.status?.conditions, 'Degraded'))
    expect(refused?.status?.conditions?.at(-1)?.message).toMatch(
      /its service cannot be made: .*forbidden.*foreign-algorithms/,
    )
    await applyManifests(client, 'components/foreign-algorithms/rights.yaml')
    const deployment = await until(deployments, 'default', 'theirs-mine', each => each !== undefined)
    const waiting = await until(suggestions, 'default', 'theirs', each => !isTrue(each?.status?.conditions, 'Degraded'))
    expect(waiting?.status?.conditions?.at(-1)).toMatchObject({ status: 'False', reason: 'DeploymentNotReady' })
    expect(await client.get({ ...SERVICE, namespace: 'default', name: 'theirs-mine' })).toMatchObject({
      spec: { ports: [{ name: 'suggestion-api', port: 6789 }] },
    })
    expect(await service.asked('ValidateAlgorithmSettings', 0)).toEqual([])

    await becomesAvailable(deployment!)
    await until(suggestions, 'default', 'theirs', each => (each?.status?.suggestionCount ?? 0) >= 2)
    expect(await service.asked('ValidateAlgorithmSettings', 1)).toHaveLength(1)

    // Nobody runs pods here: the first trial that has waited too long ends the experiment.
    await until(experiments, 'default', 'theirs', each => isTrue(each?.status?.conditions, 'Failed'))
    await until(deployments, 'default', 'theirs-mine', each => each === undefined)
    // The garbage collector takes what belongs to it first.
    await until(informers.of<Resource>(SERVICE), 'default', 'theirs-mine', each => each === undefined)
    await until(suggestions, 'default', 'theirs', each => isTrue(each?.status?.conditions, 'Succeeded'))
  }, 180_000)

  test('a rule beside a built-in algorithm has a Deployment for itself, and is asked before each trial', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await applyManifests(client, 'components/foreign-algorithms/rights.yaml')
    const algorithmSettings = [{ name: 'min_trials', value: '1' }]
    const ends = { maxFailedTrialCount: 1, trialDeadlines: { pendingSeconds: 1 } }
    const earlyStopping = { algorithmName: 'theirs', algorithmSettings }
    const algorithm = { algorithmName: 'random' }
    await client.create(exampleExperiment('ruled', { algorithm, earlyStopping, parallelTrialCount: 1, ...ends }))
    const deployments = informers.of<Resource>(DEPLOYMENT)
    const deployment = await until(deployments, 'default', 'ruled-random', each => each !== undefined)
    expect(deployment?.spec).toMatchObject({
      template: { spec: { containers: [{ name: 'early-stopping', ports: [{ containerPort: 6788 }] }] } },
    })
    expect(await client.get({ ...SERVICE, namespace: 'default', name: 'ruled-random' })).toMatchObject({
      spec: { ports: [{ name: 'earlystop-api', port: 6788 }] },
    })
    await becomesAvailable(deployment!)
    const [validated] = await rule.asked('ValidateEarlyStoppingSettings', 1)
    expect(validated).toEqual({ early_stopping: { algorithm_name: 'theirs', algorithm_settings: algorithmSettings } })
    const [asked] = await rule.asked('GetEarlyStoppingRules', 1)
    expect(asked.db_manager_address).toBe('katib-db-manager.kubeflow:6789')
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    await until(experiments, 'default', 'ruled', each => isTrue(each?.status?.conditions, 'Failed'))
    await until(deployments, 'default', 'ruled-random', each => each === undefined)
  }, 180_000)

  async function becomesAvailable(deployment: Resource): Promise<void> {
    const available = { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'there' }
    await client.patch(refOf(deployment), { status: { conditions: [available] } }, 'status')
  }
})
