/** How a trial ends: one condition, one status, one event (protocol P5; words as katib-compatibility 2.14). */
import { isDeepStrictEqual } from 'node:util'
import {
  type Condition,
  type IncompleteReason,
  METRICS_UNAVAILABLE,
  type Objective,
  objectiveText,
  type QuotingReason,
  rfc3339,
  setCondition,
  type Trial,
  type TrialPhase,
  type TrialReason,
  type TrialStatus,
  turnFalse,
} from '#api'
import type { ObservationSummary } from '#store'
import type { Plan } from '../reconciler.ts'
import { summarise } from './summarise.ts'

/** Why what a trial reported may not be all. */
export interface Incomplete {
  readonly reason: IncompleteReason
  readonly message: string
}

export interface Outcome {
  readonly phase: Exclude<TrialPhase, 'Pending' | 'Running'>
  readonly reason: QuotingReason
  readonly message: string
  readonly incomplete?: Incomplete
}

const words = {
  Succeeded: { reason: 'TrialSucceeded', message: 'Trial has succeeded', event: 'JobSucceeded', type: 'Normal' },
  Failed: { reason: 'TrialFailed', message: 'Trial has failed', event: 'JobFailed', type: 'Warning' },
  MetricsUnavailable: {
    reason: 'MetricsUnavailable',
    message: METRICS_UNAVAILABLE,
    event: 'MetricsUnavailable',
    type: 'Warning',
  },
  Killed: { reason: 'TrialKilled', message: 'Trial is killed', event: 'JobKilled', type: 'Normal' },
  EarlyStopped: {
    reason: 'TrialEarlyStopped',
    message: 'Trial is early stopped',
    event: 'JobEarlyStopped',
    type: 'Normal',
  },
} as const

/** Katib's words, with what the job or we have to add. */
export function outcome(
  phase: Outcome['phase'],
  added: { reason?: string; message?: string; sentence?: string; incomplete?: Incomplete | undefined } = {},
): Outcome {
  const { reason, message } = words[phase]
  const more = added.message ? `. Job message: ${added.message}` : ''
  const { incomplete } = added
  const sentence = added.sentence ?? (incomplete && `MetricsIncomplete: ${incomplete.message}`)
  return {
    phase,
    ...(incomplete ? { incomplete } : {}),
    reason: added.reason ? `${reason}. Job reason: ${added.reason}` : reason,
    message: `${message}${sentence ? `: ${sentence}` : ''}${more}`,
  }
}

/** The one patch that ends a trial, with what it reported. */
export function end(
  trial: Trial,
  { phase, reason, message, incomplete }: Outcome,
  summary: ObservationSummary | undefined,
  now: Date,
): Plan<Trial> {
  const observation = trial.spec.objective ? summarise(trial.spec.objective, summary) : undefined
  // What a stopping service wrote of it was a wish.
  const open = (trial.status?.conditions ?? []).filter(({ type }) => type !== 'EarlyStopped')
  const halted = turnFalse(open, 'Running', { reason: 'TrialRunning', message: 'Trial is running' }, now)
  const told = incomplete
    ? setCondition(halted, { type: 'MetricsIncomplete', status: 'True', ...incomplete }, now)
    : halted
  const status: TrialStatus = {
    ...trial.status,
    completionTime: rfc3339(now),
    conditions: [...setCondition(told, { type: phase, status: 'True', reason, message }, now)],
    ...(observation ? { observation } : {}),
    phase,
  }
  return {
    status,
    events: [
      { type: words[phase].type, reason: words[phase].event, message: `${trial.metadata.name}: ${message}` },
      ...(incomplete ? [{ type: 'Warning', reason: 'MetricsIncomplete', message: incomplete.message } as const] : []),
    ],
  }
}

export function isObserved(objective: Objective | undefined, summary: ObservationSummary | undefined): boolean {
  return objective !== undefined && objectiveText(objective, summarise(objective, summary)) !== undefined
}

/** Running, for `reason`; undefined when it says so already. */
export function marked(trial: Trial, reason: TrialReason, message: string, now: Date): TrialStatus | undefined {
  const old: readonly Condition[] = trial.status?.conditions ?? []
  const created = setCondition(
    old,
    { type: 'Created', status: 'True', reason: 'TrialCreated', message: 'Trial is created' },
    now,
  )
  const conditions = setCondition(created, { type: 'Running', status: 'True', reason, message }, now)
  if (isDeepStrictEqual(conditions, old)) return undefined
  return {
    ...trial.status,
    startTime: trial.status?.startTime ?? rfc3339(now),
    completionTime: null,
    conditions: [...conditions],
    phase: 'Running',
  }
}

/** The job exists and does not run, for `because`. */
export function pending(trial: Trial, because: string, now: Date): TrialStatus | undefined {
  const message = `Trial waits: ${because}`
  const running = trial.status?.conditions?.find(({ type }) => type === 'Running')
  if (running?.reason === 'TrialPending' && running.message === message) return undefined
  const status = marked(trial, 'TrialPending', message, now) ?? { ...trial.status }
  const conditions = status.conditions?.map(condition =>
    condition.type === 'Running' ? { ...condition, message } : condition,
  )
  return { ...status, ...(conditions ? { conditions } : {}), phase: 'Pending' }
}
