/** Trials counted by phase, and what the status says of them. */
import type { Experiment, ExperimentStatus, TrialPhase } from '#api'
import type { TrialRoll } from '../trial-roll.ts'
import { removedCount } from './demand.ts'

/** Name lists hold the newest so many; counters are exact whatever their size. */
const LISTED = 500

export const activeCount = (trials: TrialRoll) => trials.count('Pending', 'Running')
export const failedCount = (trials: TrialRoll) => trials.count('Failed', 'MetricsUnavailable')

/** Counters and lists; zero and empty are absent, as Katib writes them. */
export function countersOf(experiment: Experiment, trials: TrialRoll): Partial<ExperimentStatus> {
  const list = (phase: TrialPhase) => {
    const newest = trials.newest(phase, LISTED)
    return newest.length === 0 ? undefined : newest.map(trial => trial.metadata.name)
  }
  const count = (number: number) => (number === 0 ? undefined : number)
  return {
    trials: count(trials.length + removedCount(experiment, trials)),
    trialsPending: count(trials.count('Pending')),
    trialsRunning: count(trials.count('Running')),
    trialsSucceeded: count(trials.count('Succeeded')),
    trialsFailed: count(trials.count('Failed')),
    trialsKilled: count(trials.count('Killed')),
    trialsEarlyStopped: count(trials.count('EarlyStopped')),
    trialMetricsUnavailable: count(trials.count('MetricsUnavailable')),
    pendingTrialList: list('Pending'),
    runningTrialList: list('Running'),
    succeededTrialList: list('Succeeded'),
    failedTrialList: list('Failed'),
    killedTrialList: list('Killed'),
    earlyStoppedTrialList: list('EarlyStopped'),
    metricsUnavailableTrialList: list('MetricsUnavailable'),
  }
}
