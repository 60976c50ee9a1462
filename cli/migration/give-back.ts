/** What has to be written so that Katib goes on with an Experiment that was taken over, or that was begun here. Pure. */
import {
  HELD_ANNOTATION,
  INDEX_LABEL,
  isTrue,
  PREFIX,
  refOf,
  type Suggestion,
  TAKEN_OVER_ANNOTATION,
  TERMINAL_TRIAL_CONDITIONS,
  TRIAL_FINALIZER,
  type Trial,
  type TrialAssignment,
} from '#api'
import type { Step } from './step.ts'
import { numbersOf, type Search } from './take-over.ts'

/** Names of trials whose end nobody would hear of in Katib's place: they report here. */
export function runningTrials({ trials }: Search): readonly string[] {
  return trials
    .filter(({ status }) => !TERMINAL_TRIAL_CONDITIONS.some(type => isTrue(status?.conditions, type)))
    .map(({ metadata }) => metadata.name)
}

export function giveBack(search: Search): readonly Step[] {
  const { suggestion, trials } = search
  return [
    ...(suggestion ? suggestionSteps(suggestion, search) : []),
    ...trials.flatMap(trialSteps),
    ...experimentSteps(search),
  ]
}

/** Katib makes a trial of every assignment that has none, so the list is whole again: in the order of the numbers. */
function suggestionSteps(suggestion: Suggestion, search: Search): readonly Step[] {
  const { trials } = search
  if (!trials.some(({ metadata }) => metadata.labels?.[INDEX_LABEL] !== undefined)) return []
  const numbers = numbersOf(search)
  const known = new Map<string, TrialAssignment>(
    (suggestion.status?.suggestions ?? []).map(({ index: _, because: __, ...each }) => [each.name, each]),
  )
  for (const trial of trials) known.set(trial.metadata.name, assignmentOf(trial))
  const suggestions = [...known.values()].sort((a, b) => (numbers.get(a.name) ?? 0) - (numbers.get(b.name) ?? 0))
  const { searchEnded: _, choice: __, ...status } = suggestion.status ?? {}
  const object = { ...suggestion, status: { ...status, suggestions, suggestionCount: suggestions.length } }
  const requests = { spec: { requests: suggestions.length } }
  return [
    { what: `lists all ${suggestions.length} assignments`, ref: refOf(suggestion), is: 'status', object },
    { what: `asks for ${suggestions.length} in all`, ref: refOf(suggestion), is: 'patch', patch: requests },
  ]
}

function assignmentOf({ metadata, spec }: Trial): TrialAssignment {
  const labels = Object.fromEntries(
    Object.entries(spec.labels ?? {}).filter(([name]) => !name.startsWith(`${PREFIX}/`)),
  )
  return {
    name: metadata.name,
    parameterAssignments: spec.parameterAssignments ?? [],
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(spec.earlyStoppingRules ? { earlyStoppingRules: spec.earlyStoppingRules } : {}),
  }
}

function trialSteps(trial: Trial): readonly Step[] {
  const { metadata } = trial
  if (metadata.labels?.[INDEX_LABEL] === undefined && !metadata.finalizers?.includes(TRIAL_FINALIZER)) return []
  const others = (metadata.finalizers ?? []).filter(name => name !== TRIAL_FINALIZER)
  const patch = {
    metadata: {
      resourceVersion: metadata.resourceVersion,
      labels: { [INDEX_LABEL]: null },
      annotations: { [TAKEN_OVER_ANNOTATION]: null },
      finalizers: others.length > 0 ? others : null,
    },
    spec: { labels: { [INDEX_LABEL]: null } },
  }
  return [{ what: 'loses its number and our finalizer', ref: refOf(trial), is: 'patch', patch }]
}

function experimentSteps({ experiment }: Search): readonly Step[] {
  const { annotations } = experiment.metadata
  const isHeld = annotations?.[HELD_ANNOTATION] !== undefined
  if (annotations?.[TAKEN_OVER_ANNOTATION] === undefined && !isHeld) return []
  const patch = {
    metadata: { annotations: { [TAKEN_OVER_ANNOTATION]: null, [HELD_ANNOTATION]: null } },
    ...(isHeld ? { spec: { suspend: null } } : {}),
  }
  return [{ what: 'is given back', ref: refOf(experiment), is: 'patch', patch }]
}
