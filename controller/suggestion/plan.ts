/** What a Suggestion says next: its conditions, and the assignments that wait for a Trial. */
import { isDeepStrictEqual } from 'node:util'
import {
  type Experiment,
  refOf,
  rfc3339,
  type Suggestion,
  type SuggestionStatus,
  type Trial,
  type TrialAssignment,
} from '#api'
import type { SearchChoice } from '#suggestion'
import { isOver } from '../experiment/verdict.ts'
import { parseRanges } from '../index-ranges.ts'
import type { Plan, PlannedEvent } from '../reconciler.ts'
import { trialName } from '../trial-names.ts'
import { indexOf, isBeingDeleted, isTerminal } from '../trial-state.ts'
import { troubleIn } from '../trouble.ts'
import { claimToMake, isRefused } from './checkpoint-claim.ts'
import { nextConditions } from './conditions.ts'
import { serviceObjects, serviceRefs } from './foreign-service.ts'
import type { SuggestionWorld } from './world.ts'

export function plan(world: SuggestionWorld, now: Date): Plan<Suggestion> {
  if (!world.experiment || isBeingDeleted(world.self)) return {}
  const search = planSearch(world, world.experiment, now)
  const { create, gone } = serviceChange(world)
  return {
    ...search,
    ...(create.length > 0 ? { create: [...(search.create ?? []), ...create] } : {}),
    ...(gone.length > 0 ? { delete: gone } : {}),
  }
}

/** The service of an algorithm that is not ours is there as long as somebody may ask it. */
function serviceChange({ self, experiment, service }: SuggestionWorld) {
  const isWanted = !isOver(experiment?.status?.conditions) || experiment?.spec.resumePolicy === 'LongRunning'
  const isThere = service?.deployment !== undefined && !isBeingDeleted(service.deployment)
  return {
    create: service && isWanted && !isThere && !service.refusal ? serviceObjects(self, service.asked) : [],
    gone: service && !isWanted && isThere ? serviceRefs(self) : [],
  }
}

/** Nobody tells us when a right is granted, a quota grows or a name is free. */
const REFUSED_MS = 10_000

function planSearch(world: SuggestionWorld, experiment: Experiment, now: Date): Plan<Suggestion> {
  const { self } = world
  const old = self.status ?? {}
  // Trials without their claim would wait for it.
  const fresh = isRefused(world) ? [] : answered(world)
  const returning = returned(world)
  const conditions = nextConditions(world, now)
  const isDue =
    fresh.length > 0 ||
    returning.length > 0 ||
    old.suggestions?.some(({ name }) => world.isTaken(name)) ||
    world.answer?.searchEnded ||
    !isDeepStrictEqual(old.conditions, conditions)
  const againInMs = world.failure?.againInMs ?? (world.service?.refusal || isRefused(world) ? REFUSED_MS : undefined)
  const again = againInMs === undefined ? {} : { requeueAfterMs: againInMs }
  if (!isDue) return { ...trailingRequests(world), ...again }
  const kept = waiting(world).filter(({ index }) => !returning.some(back => back.index === index))
  const choice = choiceOf(world, fresh)
  const status: SuggestionStatus = {
    ...old,
    startTime: old.startTime ?? rfc3339(now),
    conditions: [...conditions],
    suggestionCount: (old.suggestionCount ?? 0) + fresh.length,
    suggestions: [...kept, ...returning, ...fresh],
    ...(world.answer?.searchEnded ? { searchEnded: true } : {}),
    ...(choice === undefined ? {} : { choice: choice.model }),
    ...(fresh.length > 0 ? carriedSettings(world) : {}),
  }
  const trouble = troubleIn(conditions)
  const isNews = trouble && !isDeepStrictEqual(trouble, troubleIn(old.conditions))
  const events: PlannedEvent[] = [
    ...(choice && choice.model !== old.choice ? [switched(experiment, choice)] : []),
    ...(isNews ? [{ type: 'Warning', ...trouble } as const] : []),
  ]
  return {
    create: claimToMake(world),
    status,
    ...(events.length > 0 ? { events } : {}),
    ...again,
  }
}

/** Undefined: nothing was asked, or the search does what it was told to from the start, which needs no words. */
function choiceOf({ self, answer }: SuggestionWorld, fresh: readonly TrialAssignment[]): SearchChoice | undefined {
  const model = self.spec.algorithm?.algorithmName ?? ''
  if (fresh.length === 0 || (answer?.choice === undefined && self.status?.choice === undefined)) return undefined
  return answer?.choice ?? { model }
}

function switched(experiment: Experiment, { model, because }: SearchChoice): PlannedEvent {
  const message = because === undefined ? `suggestions come from ${model}` : `suggestions come from ${because}`
  return { type: 'Normal', reason: 'SearchChoice', message, about: experiment }
}

/** `spec.requests` is read by people and by Katib's clients; once the experiment is over it says how many were wanted in all. */
function trailingRequests({ self, experiment }: SuggestionWorld): Plan<Suggestion> {
  const requests = self.status?.suggestionCount ?? 0
  if (!isOver(experiment?.status?.conditions) || (self.spec.requests ?? 0) === requests) return {}
  const { resourceVersion } = self.metadata
  return { patch: [{ ref: refOf(self), patch: { metadata: { resourceVersion }, spec: { requests } } }] }
}

/** The indexes that follow on what was handed out; an answer to an older question is empty. */
function answered({ self, experiment, answer, isTaken }: SuggestionWorld): readonly TrialAssignment[] {
  if (!experiment || answer?.firstIndex !== (self.status?.suggestionCount ?? 0)) return []
  const { name, uid = '' } = experiment.metadata
  return answer.assignments.map(({ index, parameterAssignments, labels, because }) => ({
    name: freeName(name, uid, index, isTaken),
    index,
    parameterAssignments: [...parameterAssignments],
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(answer.earlyStoppingRules?.length ? { earlyStoppingRules: [...answer.earlyStoppingRules] } : {}),
    ...(because === undefined ? {} : { because }),
  }))
}

/** By name: what the service said last counts. */
function carriedSettings({ self, answer }: SuggestionWorld): Pick<SuggestionStatus, 'algorithmSettings'> {
  if (!answer?.carried?.length) return {}
  const merged = new Map([...(self.status?.algorithmSettings ?? []), ...answer.carried].map(each => [each.name, each]))
  return { algorithmSettings: [...merged.values()] }
}

/** Of Trials that are deleted before they ended: the same index, name and values are tried again. */
function returned({ self, experiment, trials }: SuggestionWorld): readonly TrialAssignment[] {
  const removed = parseRanges(experiment?.status?.removedTrials)
  return trials.leaving
    .filter(trial => !isTerminal(trial) && indexOf(trial) !== undefined && !removed.has(indexOf(trial) as number))
    .filter(trial => !self.status?.suggestions?.some(({ index }) => index === indexOf(trial)))
    .map(trial => ({
      name: trial.metadata.name,
      index: indexOf(trial),
      parameterAssignments: trial.spec.parameterAssignments ?? [],
      ...assignmentLabels(trial),
    }))
}

function assignmentLabels(trial: Trial): { labels?: Record<string, string> } {
  const { labels } = trial.spec
  return labels ? { labels } : {}
}

/** What is not yet a Trial; under another name where somebody took the first one. */
function waiting({ self, experiment, trials, isTaken }: SuggestionWorld): readonly TrialAssignment[] {
  const isPresent = (index: number | undefined) => {
    const trial = index === undefined ? undefined : trials.at(index)
    return trial !== undefined && !isBeingDeleted(trial)
  }
  const { name = '', uid = '' } = experiment?.metadata ?? {}
  return (self.status?.suggestions ?? [])
    .filter(({ index }) => !isPresent(index))
    .map(assignment =>
      isTaken(assignment.name) && assignment.index !== undefined
        ? { ...assignment, name: freeName(name, uid, assignment.index, isTaken) }
        : assignment,
    )
}

function freeName(experiment: string, uid: string, index: number, isTaken: (name: string) => boolean): string {
  for (let salt = 0; ; salt++) {
    const name = trialName(experiment, uid, index, salt)
    if (!isTaken(name)) return name
  }
}
