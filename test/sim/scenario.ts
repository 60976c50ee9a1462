/** The life of an Experiment: what its user and its trials do, and what must come of it. */
import { type Experiment, isTrue, type Resource } from '#api'
import { anExperiment } from '../controller/admission/an-experiment.ts'
import { REF, type SimWorld } from './sim-world.ts'
import type { SimulatedEnd } from './simulated-jobs.ts'

export interface Scenario {
  readonly name: string
  readonly spec: Parameters<typeof anExperiment>[0]
  endOf?(job: Resource, order: number): SimulatedEnd
  /** What the user made before. */
  prepare?(world: SimWorld): Promise<void>
  /** What the user does once the Experiment is under way. Its waits end also for whoever sees late. */
  edit?(world: SimWorld): Promise<void>
  /** Of the last condition; undefined: nothing is left of the Experiment. */
  readonly reason: string | undefined
  readonly trialCount: { readonly min: number; readonly max: number }
  /** How many of them ended so, at least. */
  readonly atLeast?: Readonly<Record<string, number>>
}

/** Creates the Experiment and lets it come to its end; nothing of it runs any more then. */
export async function live(world: SimWorld, scenario: Scenario): Promise<void> {
  const { spec, prepare, edit, reason } = scenario
  await prepare?.(world)
  const experiment = anExperiment({ maxFailedTrialCount: 3, seed: 1, ...spec })
  await world.user.create({ ...experiment, metadata: { name: REF.name, namespace: REF.namespace } })
  await edit?.(world)
  await world.run(async () => (reason === undefined ? isGone(world) : await hasEnded(world)))
  // Beside the path: counters that may trail a second, Jobs of ended trials.
  await world.pass(5_000)
}

async function hasEnded(world: SimWorld): Promise<boolean> {
  return isOver(await world.experiment()) && (await hasSettled(world))
}

async function isGone(world: SimWorld): Promise<boolean> {
  if ((await world.experiment()) || (await world.trials()).length > 0) return false
  return (await world.user.list({ apiVersion: 'batch/v1', kind: 'Job' })).items.length === 0
}

export async function hasSettled(world: SimWorld): Promise<boolean> {
  return (await world.trials()).every(trial => trial.status?.completionTime)
}

export function isOver(experiment: Experiment | undefined): boolean {
  return experiment?.status?.phase === 'Succeeded' || experiment?.status?.phase === 'Failed'
}

export const isSuspended = (experiment: Experiment | undefined) =>
  experiment?.spec.suspend === true && isTrue(experiment.status?.conditions, 'Suspended')

export const patchSpec = (world: SimWorld, spec: object) => world.user.patch(REF, { spec })
