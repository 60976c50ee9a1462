/** Every trial ends (L2): how long it may wait, run, and owe its metrics. */
import type { Experiment, Trial } from '#api'

/** Pods are looked at only after so long: most trials run within it. */
export const PATIENCE_MS = 5_000
/** Why a pod waits may change without an event of ours. */
export const LOOK_AGAIN_MS = 2_000

const DEFAULT_PENDING_S = 1_800
const DEFAULT_METRICS_S = 300

export interface Deadlines {
  readonly pendingMs: number
  /** Infinity: a trial may run as long as it likes. */
  readonly runningMs: number
  readonly metricsMs: number
}

export function deadlinesOf(experiment: Experiment | undefined): Deadlines {
  const {
    pendingSeconds = DEFAULT_PENDING_S,
    runningSeconds,
    metricsSeconds = DEFAULT_METRICS_S,
  } = experiment?.spec.trialDeadlines ?? {}
  return {
    pendingMs: pendingSeconds * 1_000,
    runningMs: runningSeconds === undefined ? Number.POSITIVE_INFINITY : runningSeconds * 1_000,
    metricsMs: metricsSeconds * 1_000,
  }
}

/** Milliseconds since the Trial's condition `type` last turned True, by its own record. */
export function sinceCondition(trial: Trial, type: string, now: Date): number {
  const time = trial.status?.conditions?.find(condition => condition.type === type)?.lastTransitionTime
  return time ? now.getTime() - Date.parse(time) : 0
}

export function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
