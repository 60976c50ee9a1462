/** Our controllers and our kubelet around a real API server, its Job controller and its garbage collector. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { parse } from 'yaml'
import { API_VERSION, COLLECTOR_IMAGE, EXPERIMENT_LABEL, type Experiment, type Resource, refOf, type Trial } from '#api'
import { createSuggestPool, startControllers } from '#controller'
import {
  type CountedRequest,
  countingTransport,
  createInformers,
  type Informers,
  systemClock,
  type WritingClient,
} from '#kube'
import { createMemoryObservationStore, type ObservationStore } from '#store'
import { knowledge } from '../../cli/knowledge.ts'
import { root } from '../support/qalam.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { collectorInto } from './collector-into.ts'
import { enter, laneDirectory } from './lane.ts'
import { runPods } from './lane-kubelet.ts'
import { until } from './until.ts'

const cluster = await startRealCluster({ controllerManager: true })
const example = join(root, 'examples/quadratic')
const TRIAL_COUNT = 6

describe.skipIf(cluster === undefined)('controllers and kubelet on a real API server', () => {
  const running = new AsyncDisposableStack()
  const counted: CountedRequest[] = []
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let observations: ObservationStore

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)

    const { transport } = lane
    const dataDir = laneDirectory(running)
    observations = running.use(createMemoryObservationStore({ now: systemClock.now }))
    runPods(running, { transport, dataDir, builtIns: { [COLLECTOR_IMAGE]: collectorInto(observations) }, log })
    const pool = running.use(createSuggestPool({ onTrouble: (_, message) => log(message) }))
    const counting = countingTransport(transport, request => counted.push(request))
    const own = running.use(createInformers({ transport: counting, clock: systemClock, log }))
    running.use(
      await startControllers({
        transport: counting,
        informers: own,
        observations,
        pool,
        knowledge,
        clock: systemClock,
        log,
      }),
    )
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  test('an experiment goes from YAML to its best trial, and its deletion leaves nothing', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const jobs = informers.of<Job>({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace: 'default' })
    const experiments = informers.of<Experiment>(kind('Experiment'), { namespace: 'default' })
    const trials = informers.of<Trial>(kind('Trial'), { namespace: 'default' })
    const jobOf = new Map<string, string | undefined>()
    jobs.onChange(({ object }) => jobOf.set(object.metadata.name, object.metadata.ownerReferences?.[0]?.uid))

    await client.create(anExperiment())
    const finished = await until(experiments, 'default', 'quadratic', isFinished)
    expect(conditions(finished)).toMatchObject({ Succeeded: 'True', Running: 'False' })
    await until(experiments, 'default', 'quadratic', experiment => experiment?.status?.trialsSucceeded === TRIAL_COUNT)

    const ended = trials.list('default')
    expect(ended).toHaveLength(TRIAL_COUNT)
    for (const trial of ended) {
      expect(jobOf.get(trial.metadata.name), `${trial.metadata.name} has a Job of its name`).toBe(trial.metadata.uid)
      expect(conditions(trial)).toMatchObject({ Succeeded: 'True' })
      expect(Number(trial.status?.observation?.metrics?.[0]?.latest)).toBeCloseTo(lossOf(trial), 9)
      expect(await observations.summary(trial.metadata.uid!)).toMatchObject({ final: expect.anything() })
    }
    const best = Math.min(...ended.map(lossOf))
    const optimal = experiments.get('default', 'quadratic')?.status?.currentOptimalTrial
    expect(Number(optimal?.observation?.metrics?.[0]?.latest)).toBeCloseTo(best, 9)

    const writes = counted.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    process.stdout.write(`writes of the controllers: ${JSON.stringify(tally(writes))}\n`)
    expect(tally(writes)).toMatchObject({ 'create trials 201': TRIAL_COUNT, 'create jobs 201': TRIAL_COUNT })
    expect(writes.filter(({ code }) => code >= 400)).toEqual([])

    await client.delete(refOf(experiments.get('default', 'quadratic')!))
    await until(experiments, 'default', 'quadratic', experiment => experiment === undefined)
    for (const { metadata } of ended) await until(trials, 'default', metadata.name, trial => trial === undefined)
    for (const { metadata } of ended) await until(jobs, 'default', metadata.name, job => job === undefined)
  }, 180_000)

  test('the API server is killed in the middle: the experiment ends with its trials, each counted once', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const experiments = informers.of<Experiment>(kind('Experiment'), { namespace: 'default' })
    await client.create(anExperiment('interrupted'))
    await until(experiments, 'default', 'interrupted', experiment => (experiment?.status?.trialsSucceeded ?? 0) >= 1)
    await cluster?.restart()
    const finished = await until(experiments, 'default', 'interrupted', isFinished)
    expect(conditions(finished)).toMatchObject({ Succeeded: 'True' })
    await until(experiments, 'default', 'interrupted', each => each?.status?.trialsSucceeded === TRIAL_COUNT)
    const labelSelector = `${EXPERIMENT_LABEL}=interrupted`
    const { items: own } = await client.list<Trial>(kind('Trial'), { namespace: 'default', labelSelector })
    expect(own.map(conditions)).toEqual(Array(TRIAL_COUNT).fill(expect.objectContaining({ Succeeded: 'True' })))
    for (const trial of own)
      expect(Number(trial.status?.observation?.metrics?.[0]?.latest)).toBeCloseTo(lossOf(trial), 9)
  }, 180_000)

  test('silent trials suspend their experiment, a merge patch resumes it, and it is not suspended for the same ones', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const experiments = informers.of<Experiment>(kind('Experiment'), { namespace: 'default' })
    const experiment = anExperiment('silent')
    const spec = experiment.spec as Experiment['spec']
    const objective = { ...spec.objective, objectiveMetricName: 'los' }
    await client.create({ ...experiment, spec: { ...spec, objective, maxTrialCount: 20, maxFailedTrialCount: 20 } })
    const isSuspended = (each: Experiment | undefined) =>
      each?.spec.suspend === true && conditions(each).Suspended === 'True'
    const first = await until(experiments, 'default', 'silent', isSuspended)
    expect(first?.status?.conditions?.at(-1)?.message).toContain('nearly the same is "loss"')
    const after = first?.status?.suspendedAfter ?? 0
    await client.patch(refOf(first!), { spec: { suspend: false } })
    const again = await until(
      experiments,
      'default',
      'silent',
      each => isSuspended(each) && (each?.status?.suspendedAfter ?? 0) > after,
    )
    expect((again?.status?.suspendedAfter ?? 0) - after).toBeGreaterThanOrEqual(3)
  }, 180_000)
})

type Job = Resource

const kind = (name: string) => ({ apiVersion: API_VERSION, kind: name })

function anExperiment(name = 'quadratic'): Resource {
  const experiment = parse(readFileSync(join(example, 'experiment.yaml'), 'utf8'))
  return {
    ...experiment,
    metadata: { name, namespace: 'default' },
    spec: { ...experiment.spec, maxTrialCount: TRIAL_COUNT, parallelTrialCount: 2 },
  }
}

/** What train.mjs prints, computed from the assignments that the trial was given. */
function lossOf(trial: Trial): number {
  const value = (name: string) => Number(trial.spec.parameterAssignments?.find(each => each.name === name)?.value)
  return (value('x') - 3) ** 2 + (value('z') + 1) ** 2
}

function conditions(of: Experiment | Trial | undefined): Record<string, string> {
  return Object.fromEntries((of?.status?.conditions ?? []).map(({ type, status }) => [type, status]))
}

const isFinished = (experiment: Experiment | undefined) =>
  ['Succeeded', 'Failed'].some(type => conditions(experiment)[type] === 'True')

function tally(requests: readonly CountedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { verb, resource, code } of requests) {
    const key = `${verb} ${resource} ${code}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
