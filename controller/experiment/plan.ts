/** What an Experiment needs next: its Suggestion, its next Trials, its status. */

import { isDeepStrictEqual } from 'node:util'
import {
  API_VERSION,
  type Condition,
  controllerReference,
  type Experiment,
  type ExperimentStatus,
  KATIB_FINALIZERS,
  type Resource,
  refOf,
  rfc3339,
  setCondition,
  type Trial,
} from '#api'
import { formatRanges, parseRanges } from '../index-ranges.ts'
import type { Plan, PlannedEvent } from '../reconciler.ts'
import { indexOf, isBeingDeleted, isTerminal } from '../trial-state.ts'
import { isLeftover, type Trouble, takenSentence, troubleIn, withTrouble } from '../trouble.ts'
import { dueAssignments } from './due.ts'
import { experimentNews } from './events.ts'
import { newTrial } from './new-trial.ts'
import { type Optimum, objectiveOf, optimalTrial, parametersText } from './optimal.ts'
import { type Silence, silence, suspendedEvent, suspension, withSuspension } from './silence.ts'
import { countersOf } from './tally.ts'
import { concluded, isOver, restarted, restarts, verdict } from './verdict.ts'
import type { ExperimentWorld } from './world.ts'

/** Counters may trail by so much; conditions and a better optimum are written at once. */
const STATUS_INTERVAL_MS = 1_000

export function plan(world: ExperimentWorld, now: Date): Plan<Experiment> {
  const { self, suggestion, holder, sinceStatusMs } = world
  if (self.metadata.finalizers?.some(name => KATIB_FINALIZERS.includes(name))) return { patch: [withoutKatib(self)] }
  if (isBeingDeleted(self)) return {}
  const silent = silence(world)
  const decided = nextStatus(world, silent, now)
  const over = isOver(decided.conditions)
  const suspends = over ? undefined : suspension(self)
  if (suspends) return suspends
  const trials = over ? { create: [] } : nextTrials({ ...world, self: { ...self, status: decided } })
  const trouble = over ? undefined : troubleOf(world, trials.problem)
  const status = { ...decided, conditions: [...withTrouble(decided.conditions ?? [], trouble, now)] }
  const again = madeAgain(world)
  const changed = !isDeepStrictEqual(status, self.status ?? {})
  const urgent = isUrgent(self.status, status)
  const waits = changed && !urgent && sinceStatusMs < STATUS_INTERVAL_MS
  const isNews = trouble && !isDeepStrictEqual(trouble, troubleIn(self.status?.conditions))
  const events: PlannedEvent[] = [
    ...(changed && !waits ? experimentNews(self, status) : []),
    ...(isNews ? [{ type: 'Warning', ...trouble } as const] : []),
    ...(silent && !over ? [suspendedEvent(silent)] : []),
  ]
  return {
    create: [...(suggestion || holder || over ? [] : [newSuggestion(self)]), ...trials.create],
    ...(again.length > 0 ? { delete: again.map(refOf) } : {}),
    ...(changed && !waits ? { status } : {}),
    ...(events.length > 0 ? { events } : {}),
    ...againAfter(waits ? Math.ceil(STATUS_INTERVAL_MS - sinceStatusMs) : undefined, trouble),
  }
}

/** A right that is given, or a list that an operator edits, tells nobody here. */
const ASK_AGAIN_MS = 10_000

function againAfter(statusMs: number | undefined, trouble: Trouble | undefined): { requeueAfterMs?: number } {
  const requeueAfterMs = statusMs ?? (trouble?.reason === 'TrialKind' ? ASK_AGAIN_MS : undefined)
  return requeueAfterMs === undefined ? {} : { requeueAfterMs }
}

/** What keeps it from going on; an algorithm's trouble is told by its Suggestion. */
function troubleOf({ self, suggestion, holder }: ExperimentWorld, problem: Trouble | undefined): Trouble | undefined {
  if (holder && !isLeftover(holder, self)) return { reason: 'NameTaken', message: takenSentence(holder) }
  return problem ?? troubleIn(suggestion?.status?.conditions)
}

function nextStatus(world: ExperimentWorld, silent: Silence | undefined, now: Date): ExperimentStatus {
  const { self, trials } = world
  const best = world.problems.length > 0 ? undefined : trials.optimal(objectiveOf(self))
  const removed = removedTrials(world)
  const conditions = nextConditions(world, best, silent, now)
  const over = isOver(conditions)
  const completionTime = over ? (isOver(self.status?.conditions) ? self.status?.completionTime : rfc3339(now)) : null
  return prune({
    ...self.status,
    ...countersOf(self, trials),
    startTime: self.status?.startTime ?? rfc3339(now),
    completionTime,
    conditions: [...conditions],
    ...(isKnownBetter(world, best) ? {} : bestOf(self, best)),
    phase: phaseOf(conditions, self),
    observedGeneration: self.metadata.generation,
    removedTrials: removed,
    suspendedAfter: silent?.after ?? self.status?.suspendedAfter,
  })
}

function bestOf({ status }: Experiment, best: Optimum | undefined): Partial<ExperimentStatus> {
  return {
    currentOptimalTrial: best ? optimalTrial(best) : (status?.currentOptimalTrial ?? { observation: {} }),
    bestObjective: best?.value,
    bestParameters: best && parametersText(best),
  }
}

/** The status holds a better one than the trials that are seen here: of an end that has not come to this view yet. */
function isKnownBetter({ self, trials }: ExperimentWorld, best: Optimum | undefined): boolean {
  const { bestObjective, removedTrials: removed } = self.status ?? {}
  // The best one may be among those that somebody deleted.
  if (bestObjective === undefined || removed || trials.leaving.length > 0) return false
  if (best?.value === undefined) return true
  return objectiveOf(self).type === 'maximize' ? bestObjective > best.value : bestObjective < best.value
}

function nextConditions(
  world: ExperimentWorld,
  best: Optimum | undefined,
  silent: Silence | undefined,
  now: Date,
): readonly Condition[] {
  const { self } = world
  const created = {
    type: 'Created',
    status: 'True',
    reason: 'ExperimentCreated',
    message: 'Experiment is created',
  } as const
  let conditions = setCondition(self.status?.conditions ?? [], created, now)
  if (isOver(conditions)) {
    if (!restarts(world)) return conditions
    conditions = restarted(conditions, now)
  }
  const ended = verdict(world, best)
  if (ended) return concluded(conditions, ended, now)
  const running = {
    type: 'Running',
    status: 'True',
    reason: 'ExperimentRunning',
    message: 'Experiment is running',
  } as const
  return withSuspension(setCondition(conditions, running, now), self, silent, now)
}

function phaseOf(conditions: readonly Condition[], { spec }: Experiment): ExperimentStatus['phase'] {
  const holds = (type: string) => conditions.some(condition => condition.type === type && condition.status === 'True')
  if (holds('Succeeded')) return 'Succeeded'
  if (holds('Failed')) return 'Failed'
  if (spec.suspend || holds('Suspended')) return 'Suspended'
  return holds('Running') ? 'Running' : 'Created'
}

/** Indexes of finished trials that are being deleted join those that are gone. */
function removedTrials({ self, trials }: ExperimentWorld): string | undefined {
  const leaving = trials.leaving.filter(isTerminal).map(indexOf)
  const all = [...parseRanges(self.status?.removedTrials), ...leaving.filter(index => index !== undefined)]
  return all.length === 0 ? undefined : formatRanges(all)
}

/** Trials of an index that had ended and was deleted: made by one who knew of neither. They go as that one did. */
function madeAgain({ self, trials }: ExperimentWorld): readonly Trial[] {
  return [...parseRanges(self.status?.removedTrials)].flatMap(index => {
    const trial = trials.at(index)
    return trial && !isBeingDeleted(trial) ? [trial] : []
  })
}

/** Of the assignments that are due; none while something is in the way of all. */
function nextTrials(world: ExperimentWorld): { create: Resource[]; problem?: Trouble } {
  const { self, template, refusal } = world
  const due = dueAssignments(world)
  const blocked = (reason: Trouble['reason'], message: string) => ({ create: [], problem: { reason, message } })
  if (due.length === 0) return { create: [] }
  if (template && 'missing' in template) return blocked('TrialTemplate', template.missing)
  if (refusal !== undefined) return blocked('TrialKind', refusal)
  try {
    return { create: due.map(assignment => newTrial(self, assignment, template?.text)) }
  } catch (error) {
    return blocked('TrialTemplate', (error as Error).message)
  }
}

function newSuggestion(experiment: Experiment): Resource {
  const { metadata, spec } = experiment
  return {
    apiVersion: API_VERSION,
    kind: 'Suggestion',
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ownerReferences: [controllerReference(experiment)],
    },
    spec: {
      algorithm: spec.algorithm,
      ...(spec.earlyStopping ? { earlyStopping: spec.earlyStopping } : {}),
      ...(spec.resumePolicy ? { resumePolicy: spec.resumePolicy } : {}),
    },
  }
}

function withoutKatib(experiment: Experiment) {
  const { finalizers, resourceVersion } = experiment.metadata
  const rest = finalizers?.filter(name => !KATIB_FINALIZERS.includes(name)) ?? []
  return { ref: refOf(experiment), patch: { metadata: { resourceVersion, finalizers: rest.length > 0 ? rest : null } } }
}

function isUrgent(old: ExperimentStatus | undefined, next: ExperimentStatus): boolean {
  return (
    !isDeepStrictEqual(old?.conditions, next.conditions) ||
    old?.currentOptimalTrial?.bestTrialName !== next.currentOptimalTrial?.bestTrialName ||
    old?.phase !== next.phase ||
    old?.removedTrials !== next.removedTrials ||
    old?.observedGeneration !== next.observedGeneration
  )
}

const prune = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
