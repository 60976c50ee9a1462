/** Lives of an Experiment, each with what must have come of it. */
import { type Experiment, isTrue, type Resource, refOf } from '#api'
import { isNameTaken } from '../../controller/trial/name-taken.ts'
import { trialName } from '../../controller/trial-names.ts'
import { aJob, aList, anExperiment, aTemplate } from '../controller/admission/an-experiment.ts'
import { REF, type SimWorld } from './sim-world.ts'
import type { SimulatedEnd } from './simulated-jobs.ts'

export interface Scenario {
  readonly name: string
  readonly spec: Parameters<typeof anExperiment>[0]
  endOf?(job: Resource, order: number): SimulatedEnd
  /** What the user made before. */
  prepare?(world: SimWorld): Promise<void>
  /** What the user does once the Experiment is under way. */
  edit?(world: SimWorld): Promise<void>
  /** Reason of the last condition, and how many trials ended well. */
  readonly reason: string
  readonly trialCount: { readonly min: number; readonly max: number }
}

const loses = (): SimulatedEnd => ({ afterMs: 1_000, losses: ['1'], fails: true })
const foreignJob = (name: string): Resource => ({ ...aJob(), metadata: { name, namespace: 'default' } })
const templates = (): Resource => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'templates', namespace: 'default' },
  data: { 'job.yaml': JSON.stringify(aJob()) },
})
const patchSpec = (world: SimWorld, spec: object) => world.user.patch(REF, { spec })

export const scenarios: readonly Scenario[] = [
  {
    name: 'happy path',
    spec: { maxTrialCount: 4 },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'parallel up and down',
    spec: { maxTrialCount: 6 },
    async edit(world) {
      await patchSpec(world, { parallelTrialCount: 4 })
      await world.run(async () => (await world.trials()).length >= 4)
      await patchSpec(world, { parallelTrialCount: 1 })
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 6, max: 6 },
  },
  {
    name: 'max raised after completion',
    spec: { maxTrialCount: 3, resumePolicy: 'LongRunning' },
    async edit(world) {
      await world.run(async () => isOver(await world.experiment()))
      await patchSpec(world, { maxTrialCount: 5 })
      await world.run(async () => !isOver(await world.experiment()))
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 5, max: 5 },
  },
  {
    name: 'goal reached',
    spec: { maxTrialCount: 6, objective: { type: 'minimize', objectiveMetricName: 'loss', goal: 0.4 } },
    reason: 'ExperimentGoalReached',
    trialCount: { min: 3, max: 5 },
  },
  {
    name: 'failures over budget',
    spec: { maxTrialCount: 6, maxFailedTrialCount: 2 },
    endOf: loses,
    reason: 'ExperimentFailed',
    trialCount: { min: 2, max: 4 },
  },
  {
    name: 'trials without metric',
    spec: { maxTrialCount: 6, maxFailedTrialCount: 2 },
    endOf: () => ({ afterMs: 1_000, losses: [] }),
    reason: 'ExperimentFailed',
    trialCount: { min: 2, max: 4 },
  },
  {
    name: 'silent trials suspend it, and it is resumed',
    spec: { maxTrialCount: 8, maxFailedTrialCount: 8 },
    endOf: (_, order) => ({ afterMs: 1_000, losses: order < 4 ? [] : ['1'] }),
    async edit(world) {
      await world.run(async () => isSuspended(await world.experiment()))
      await patchSpec(world, { suspend: null })
      await world.run(async () => !isSuspended(await world.experiment()))
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 8, max: 8 },
  },
]

/** What users and surroundings do to it; their waits count on a view that is not late. */
export const disturbedScenarios: readonly Scenario[] = [
  {
    name: 'suspended and resumed',
    spec: { maxTrialCount: 4 },
    async edit(world) {
      await world.run(async () => (await world.trials()).length >= 2)
      await patchSpec(world, { suspend: true })
      await world.pass(10_000)
      await patchSpec(world, { suspend: false })
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'stopped at once and resumed',
    spec: { maxTrialCount: 4 },
    endOf: () => ({ afterMs: 30_000, losses: ['1'] }),
    async edit(world) {
      await world.run(async () => (await world.trials()).length >= 2)
      await patchSpec(world, { suspend: true, runningTrialsPolicy: 'Stop' })
      await world.run(() => hasSettled(world))
      await patchSpec(world, { suspend: false })
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'longer than the running deadline',
    spec: { maxTrialCount: 4, trialDeadlines: { runningSeconds: 60 } },
    endOf: (_, order) => ({ afterMs: order < 2 ? 3_000_000 : 1_000, losses: ['1'] }),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a grid that ends',
    spec: {
      maxTrialCount: undefined,
      algorithm: { algorithmName: 'grid' },
      parameters: [aList('lr', ['0.1', '0.2', '0.3']), aList('optimizer', ['sgd'])],
    },
    reason: 'ExperimentSuggestionEndReached',
    trialCount: { min: 3, max: 3 },
  },
  {
    name: 'finished for ever',
    spec: { maxTrialCount: 2, maxFailedTrialCount: 2, resumePolicy: 'Never' },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 2, max: 2 },
  },
  {
    name: 'max raised after completion, from its volume',
    spec: { maxTrialCount: 2, maxFailedTrialCount: 2, resumePolicy: 'FromVolume' },
    async edit(world) {
      await world.run(async () => isOver(await world.experiment()))
      await patchSpec(world, { maxTrialCount: 4 })
      await world.run(async () => !isOver(await world.experiment()))
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a name that is taken for a while',
    spec: { maxTrialCount: 4, suspend: true },
    async edit(world) {
      const uid = (await world.experiment())?.metadata.uid ?? ''
      const job = await world.user.create(foreignJob(trialName(REF.name, uid, 0)))
      await patchSpec(world, { suspend: false })
      await world.run(async () => (await world.trials()).some(isNameTaken))
      await world.user.delete(refOf(job))
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a template that goes and comes back',
    spec: {
      maxTrialCount: 4,
      trialTemplate: {
        ...aTemplate(),
        trialSpec: undefined,
        configMap: { configMapName: 'templates', configMapNamespace: 'default', templatePath: 'job.yaml' },
        successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
        failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
      },
    },
    async prepare(world) {
      await world.user.create(templates())
    },
    async edit(world) {
      await world.run(async () => (await world.trials()).length > 0)
      await world.user.delete(refOf(templates()))
      await world.run(async () => isTrue((await world.experiment())?.status?.conditions, 'Degraded'))
      await world.user.create(templates())
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
]

const isSuspended = (experiment: Experiment | undefined) =>
  experiment?.spec.suspend === true && isTrue(experiment.status?.conditions, 'Suspended')

/** Creates the Experiment and lets it come to its end; nothing of it runs any more then. */
export async function live(world: SimWorld, { spec, prepare, edit }: Scenario): Promise<void> {
  await prepare?.(world)
  const experiment = anExperiment({ maxFailedTrialCount: 3, seed: 1, ...spec })
  await world.user.create({ ...experiment, metadata: { name: REF.name, namespace: REF.namespace } })
  await edit?.(world)
  await world.run(async () => isOver(await world.experiment()) && (await hasSettled(world)))
  // Beside the path: counters that may trail a second, Jobs of ended trials.
  await world.pass(5_000)
}

async function hasSettled(world: SimWorld): Promise<boolean> {
  return (await world.trials()).every(trial => trial.status?.completionTime)
}

export function isOver(experiment: Experiment | undefined): boolean {
  return experiment?.status?.phase === 'Succeeded' || experiment?.status?.phase === 'Failed'
}
