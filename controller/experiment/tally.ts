/** Trials counted by phase, and what the status says of them. */
import type { Experiment, ExperimentStatus, Trial, TrialPhase } from '#api'
import { phaseOf } from '../trial-state.ts'
import { removedCount } from './demand.ts'

export type Tally = Readonly<Record<TrialPhase, readonly Trial[]>>

/** Name lists hold the newest so many; counters are exact whatever their size. */
const LISTED = 500

export function tally(trials: readonly Trial[]): Tally {
  const buckets: Record<TrialPhase, Trial[]> = {
    Pending: [],
    Running: [],
    Succeeded: [],
    Failed: [],
    Killed: [],
    EarlyStopped: [],
    MetricsUnavailable: [],
  }
  for (const trial of trials) buckets[phaseOf(trial)].push(trial)
  return buckets
}

export const activeCount = (counted: Tally) => counted.Pending.length + counted.Running.length
export const failedCount = (counted: Tally) => counted.Failed.length + counted.MetricsUnavailable.length

export function completedCount(counted: Tally): number {
  return (
    counted.Succeeded.length +
    counted.Failed.length +
    counted.Killed.length +
    counted.EarlyStopped.length +
    counted.MetricsUnavailable.length
  )
}

/** Counters and lists; zero and empty are absent, as Katib writes them. */
export function countersOf(
  experiment: Experiment,
  trials: readonly Trial[],
  counted: Tally,
): Partial<ExperimentStatus> {
  const list = (phase: TrialPhase) => {
    const newest = counted[phase].slice(-LISTED)
    return newest.length === 0 ? undefined : newest.map(trial => trial.metadata.name)
  }
  const count = (number: number) => (number === 0 ? undefined : number)
  return {
    trials: count(trials.length + removedCount(experiment, trials)),
    trialsPending: count(counted.Pending.length),
    trialsRunning: count(counted.Running.length),
    trialsSucceeded: count(counted.Succeeded.length),
    trialsFailed: count(counted.Failed.length),
    trialsKilled: count(counted.Killed.length),
    trialsEarlyStopped: count(counted.EarlyStopped.length),
    trialMetricsUnavailable: count(counted.MetricsUnavailable.length),
    pendingTrialList: list('Pending'),
    runningTrialList: list('Running'),
    succeededTrialList: list('Succeeded'),
    failedTrialList: list('Failed'),
    killedTrialList: list('Killed'),
    earlyStoppedTrialList: list('EarlyStopped'),
    metricsUnavailableTrialList: list('MetricsUnavailable'),
  }
}
