/**
 * What has to be written so that an Experiment of Katib goes on here. Pure, and a second call on what the first one wrote asks
 * for nothing.
 *
 * Katib lists every assignment ever made in its Suggestion; here each has a number, its Trial carries it, and the list holds only
 * those that are not yet a Trial. The numbers follow Katib's list. Katib's Jobs have no labels, and without them nobody here would
 * hear of their end.
 */
import {
  EXPERIMENT_LABEL,
  type Experiment,
  HELD_ANNOTATION,
  INDEX_LABEL,
  isTrue,
  KATIB_FINALIZERS,
  type Resource,
  refOf,
  type Suggestion,
  TAKEN_OVER_ANNOTATION,
  TRIAL_FINALIZER,
  TRIAL_LABEL,
  type Trial,
  type TrialAssignment,
} from '#api'
import type { Step } from './step.ts'

/** An Experiment and all that Katib made for it. */
export interface Search {
  readonly experiment: Experiment
  readonly suggestion?: Suggestion
  readonly trials: readonly Trial[]
  /** Of the trials, by their names. */
  readonly jobs: ReadonlyMap<string, Resource>
  /** Deployment and Service of its algorithm. */
  readonly services: readonly Resource[]
  /** Why it cannot go on here; absent: it can. */
  readonly hindrance?: string
}

/** In the order in which they are done: an end in the middle leaves what the next call needs. */
export function takeOver(search: Search, time: string): readonly Step[] {
  const { trials, suggestion, jobs, services, experiment } = search
  const numbers = numbersOf(search)
  return [
    ...trials.flatMap(trial => trialSteps(trial, numbers, suggestion, time)),
    ...trials.flatMap(trial => jobSteps(trial, experiment, jobs.get(trial.metadata.name))),
    ...(suggestion ? suggestionSteps(suggestion, search, numbers) : []),
    ...services.map(
      (service): Step => ({ what: 'is deleted: suggestions are made here', ref: refOf(service), is: 'delete' }),
    ),
    ...experimentSteps(search, time),
  ]
}

/** By name; what has a number keeps it. */
export function numbersOf({ trials, suggestion }: Search): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  for (const { metadata } of trials) {
    const label = metadata.labels?.[INDEX_LABEL]
    if (label !== undefined) numbers.set(metadata.name, Number(label))
  }
  for (const { name, index } of suggestion?.status?.suggestions ?? []) if (index !== undefined) numbers.set(name, index)
  const listed = (suggestion?.status?.suggestions ?? []).map(({ name }) => name)
  const unlisted = trials
    .toSorted((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1))
    .map(({ metadata }) => metadata.name)
  const taken = new Set(numbers.values())
  let next = 0
  for (const name of new Set([...listed, ...unlisted])) {
    if (numbers.has(name)) continue
    while (taken.has(next)) next++
    numbers.set(name, next++)
  }
  return numbers
}

const createdAt = ({ metadata }: Trial) => `${metadata.creationTimestamp} ${metadata.name}`

function trialSteps(
  trial: Trial,
  numbers: ReadonlyMap<string, number>,
  suggestion: Suggestion | undefined,
  time: string,
): readonly Step[] {
  const { metadata, spec } = trial
  if (metadata.labels?.[INDEX_LABEL] !== undefined || metadata.deletionTimestamp) return []
  const own = suggestion?.status?.suggestions?.find(({ name }) => name === metadata.name)
  const labels = { [INDEX_LABEL]: String(numbers.get(metadata.name)) }
  const others = (metadata.finalizers ?? []).filter(name => !KATIB_FINALIZERS.includes(name))
  const patch = {
    metadata: {
      resourceVersion: metadata.resourceVersion,
      labels,
      annotations: { [TAKEN_OVER_ANNOTATION]: time },
      finalizers: [...new Set([...others, TRIAL_FINALIZER])],
    },
    spec: { labels: { ...own?.labels, ...spec.labels, ...labels } },
  }
  return [{ what: `becomes number ${labels[INDEX_LABEL]}`, ref: refOf(trial), is: 'patch', patch }]
}

function jobSteps({ metadata }: Trial, experiment: Experiment, job: Resource | undefined): readonly Step[] {
  const labels = { [EXPERIMENT_LABEL]: experiment.metadata.name, [TRIAL_LABEL]: metadata.name }
  const isLabelled = Object.entries(labels).every(([name, value]) => job?.metadata.labels?.[name] === value)
  if (!job || isLabelled || job.metadata.deletionTimestamp) return []
  return [{ what: 'is labelled with its trial', ref: refOf(job), is: 'patch', patch: { metadata: { labels } } }]
}

function suggestionSteps(
  suggestion: Suggestion,
  { trials }: Search,
  numbers: ReadonlyMap<string, number>,
): readonly Step[] {
  const listed = suggestion.status?.suggestions ?? []
  if (listed.every(({ index }) => index !== undefined)) return []
  const names = new Set(trials.map(({ metadata }) => metadata.name))
  const waiting = listed
    .filter(({ name }) => !names.has(name))
    .map((assignment): TrialAssignment => ({ ...assignment, index: numbers.get(assignment.name) as number }))
  const suggestionCount = Math.max(-1, ...numbers.values()) + 1
  const status = { ...suggestion.status, suggestions: waiting, suggestionCount }
  const what = `keeps ${waiting.length} of ${listed.length} assignments, those without a trial, numbered`
  return [{ what, ref: refOf(suggestion), is: 'status', object: { ...suggestion, status } }]
}

function experimentSteps({ experiment, hindrance }: Search, time: string): readonly Step[] {
  const { metadata, spec, status } = experiment
  if (metadata.annotations?.[TAKEN_OVER_ANNOTATION] !== undefined) return []
  const isOver = isTrue(status?.conditions, 'Succeeded') || isTrue(status?.conditions, 'Failed')
  const isHeld = hindrance !== undefined && !isOver && !spec.suspend
  const others = (metadata.finalizers ?? []).filter(name => !KATIB_FINALIZERS.includes(name))
  const annotations = { [TAKEN_OVER_ANNOTATION]: time, ...(isHeld ? { [HELD_ANNOTATION]: hindrance } : {}) }
  const patch = {
    metadata: { annotations, finalizers: others.length > 0 ? others : null },
    ...(isHeld ? { spec: { suspend: true } } : {}),
  }
  const what = isHeld ? `is suspended: ${hindrance}` : isOver ? 'is kept as it ended' : 'goes on here'
  return [{ what, ref: refOf(experiment), is: 'patch', patch }]
}
