/** Lives of an Experiment, each with what must have come of it. */
import { type Experiment, isTrue, type Resource } from '#api'
import { anExperiment } from '../controller/admission/an-experiment.ts'
import { REF, type SimWorld } from './sim-world.ts'
import type { SimulatedEnd } from './simulated-jobs.ts'

export interface Scenario {
  readonly name: string
  readonly spec: Parameters<typeof anExperiment>[0]
  endOf?(job: Resource, order: number): SimulatedEnd
  /** What the user does once the Experiment is under way. */
  edit?(world: SimWorld): Promise<void>
  /** Reason of the last condition, and how many trials ended well. */
  readonly reason: string
  readonly trialCount: { readonly min: number; readonly max: number }
}

const loses = (): SimulatedEnd => ({ afterMs: 1_000, losses: ['1'], fails: true })
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

const isSuspended = (experiment: Experiment | undefined) =>
  experiment?.spec.suspend === true && isTrue(experiment.status?.conditions, 'Suspended')

/** Creates the Experiment and lets it come to its end; nothing of it runs any more then. */
export async function live(world: SimWorld, { spec, edit }: Scenario): Promise<void> {
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
