/** What trials do: they report strangely, late or never, wait, run too long, or are stopped. */
import { hasSettled, isSuspended, patchSpec, type Scenario } from './scenario.ts'

const DAY_MS = 86_400_000
/** Shorter than a view may be blind, longer than a trial takes: what ended unseen is not taken for running. */
const PATIENT_S = 20
const well = { afterMs: 1_000, losses: ['1'] }

export const trialScenarios: readonly Scenario[] = [
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
    atLeast: { MetricsUnavailable: 3, Succeeded: 4 },
  },
  {
    name: 'values that are no numbers',
    spec: { maxTrialCount: 6, objective: { type: 'maximize', objectiveMetricName: 'loss', goal: 100 } },
    endOf: (_, order) => ({
      afterMs: 1_000,
      losses: [['nan'], ['2', '7', 'nan'], ['inf', '-inf'], ['1,234.5'], ['3', '-4e-1'], ['0x7f']][order] ?? ['1'],
    }),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 6, max: 6 },
    atLeast: { Succeeded: 6 },
  },
  {
    name: 'pods that are lost and replaced',
    spec: { maxTrialCount: 4 },
    endOf: (_, order) => ({ afterMs: 1_000, losses: [`${order + 1}`, `${order + 2}`], lost: [`-${order}`, '0.1'] }),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { Succeeded: 4 },
  },
  {
    name: 'longer than the pending deadline',
    spec: { maxTrialCount: 4, trialDeadlines: { pendingSeconds: PATIENT_S } },
    endOf: (_, order) => (order < 2 ? { ...well, waits: true } : well),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { Failed: 2, Succeeded: 2 },
  },
  {
    name: 'longer than the running deadline',
    spec: { maxTrialCount: 4, trialDeadlines: { runningSeconds: PATIENT_S } },
    endOf: (_, order) => (order < 2 ? { ...well, afterMs: DAY_MS } : well),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { Failed: 2, Succeeded: 2 },
  },
  {
    name: 'longer than the metrics deadline',
    spec: { maxTrialCount: 4, trialDeadlines: { metricsSeconds: 60 } },
    endOf: (_, order) => (order < 2 ? { afterMs: 1_000, losses: order === 0 ? [] : ['3', '2'], isCutOff: true } : well),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { MetricsUnavailable: 1, Succeeded: 3 },
  },
  {
    name: 'early stopping',
    spec: {
      maxTrialCount: 4,
      earlyStopping: {
        algorithmName: 'medianstop',
        algorithmSettings: [
          { name: 'min_trials_required', value: '2' },
          { name: 'start_step', value: '2' },
        ],
      },
    },
    endOf: (_, order) =>
      order < 2
        ? { afterMs: 3_000, everyMs: 1_000, losses: ['3', '2', '1'] }
        : { afterMs: DAY_MS, everyMs: 1_000, losses: ['9', '8', '9'] },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { EarlyStopped: 2, Succeeded: 2 },
  },
  {
    name: 'a goal that ends who still runs',
    spec: { maxTrialCount: 6, objective: { type: 'minimize', objectiveMetricName: 'loss', goal: 0.5 } },
    endOf: (_, order) =>
      order === 0 ? { afterMs: DAY_MS, everyMs: 500, losses: ['2', '3'] } : { ...well, losses: ['0'] },
    reason: 'ExperimentGoalReached',
    trialCount: { min: 2, max: 3 },
    atLeast: { Killed: 1, Succeeded: 1 },
  },
  {
    name: 'stopped at once and resumed',
    spec: { maxTrialCount: 4 },
    endOf: (_, order) => (order < 2 ? { ...well, afterMs: DAY_MS } : well),
    async edit(world) {
      await world.run(async () => (await world.trials()).length >= 2)
      await patchSpec(world, { suspend: true, runningTrialsPolicy: 'Stop' })
      await world.run(() => hasSettled(world))
      await patchSpec(world, { suspend: false })
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
    atLeast: { Killed: 1 },
  },
]
