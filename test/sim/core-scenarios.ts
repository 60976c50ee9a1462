/** The six lives that everything else is a variation of. */
import { isOver, patchSpec, type Scenario } from './scenario.ts'

export const coreScenarios: readonly Scenario[] = [
  {
    name: 'happy path',
    spec: { maxTrialCount: 4 },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { Succeeded: 4 },
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
    atLeast: { Succeeded: 6 },
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
    atLeast: { Succeeded: 5 },
  },
  {
    name: 'goal reached',
    spec: { maxTrialCount: 6, objective: { type: 'minimize', objectiveMetricName: 'loss', goal: 0.4 } },
    reason: 'ExperimentGoalReached',
    trialCount: { min: 3, max: 5 },
    atLeast: { Succeeded: 3 },
  },
  {
    name: 'failures over budget',
    spec: { maxTrialCount: 6, maxFailedTrialCount: 2 },
    endOf: () => ({ afterMs: 1_000, losses: ['1'], fails: true }),
    reason: 'ExperimentFailed',
    trialCount: { min: 2, max: 4 },
    atLeast: { Failed: 2 },
  },
  {
    name: 'trials without metric',
    spec: { maxTrialCount: 6, maxFailedTrialCount: 2 },
    endOf: () => ({ afterMs: 1_000, losses: [] }),
    reason: 'ExperimentFailed',
    trialCount: { min: 2, max: 4 },
    atLeast: { MetricsUnavailable: 2 },
  },
]
