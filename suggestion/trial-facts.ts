/** What a search needs to know of a trial, as plain data, and how it becomes a history. */
import { finiteNumber, type Metric, type Objective, type ParameterAssignment, type TrialPhase, UNAVAILABLE } from '#api'
import type { FinishedTrial, History, Outcome } from './history.ts'
import { type Space, valuesOf } from './space.ts'

export interface TrialFacts {
  readonly index: number
  readonly name?: string
  readonly phase: TrialPhase
  readonly assignments: readonly ParameterAssignment[]
  readonly labels?: Readonly<Record<string, string>>
  /** The trial's observation. Absent: nothing was reported. */
  readonly metrics?: readonly Metric[]
  /** RFC 3339; for services that are not ours. */
  readonly startTime?: string
  /** RFC 3339. Orders finished trials; equal times go by index. */
  readonly completionTime?: string
}

/** One trial in the shape of a history. `undefined`: it says nothing (killed, or no point of this space). */
export type TrialRecord =
  | { readonly is: 'pending'; readonly trial: History['pending'][number] }
  | { readonly is: 'finished'; readonly trial: FinishedTrial; readonly completionTime: string }

/** Finished by completion then index, pending by index: the order in which the records are given does not matter. */
export function toHistory(space: Space, facts: Iterable<TrialFacts>, objective: Objective): History {
  return historyOf(Array.from(facts, fact => toRecord(space, fact, objective)))
}

export function historyOf(records: Iterable<TrialRecord | undefined>): History {
  const finished: Finished[] = []
  const pending: History['pending'][number][] = []
  for (const record of records) {
    if (record?.is === 'finished') finished.push(record)
    else if (record?.is === 'pending') pending.push(record.trial)
  }
  finished.sort((a, b) => (precedes(a, b) ? -1 : Number(precedes(b, a))))
  pending.sort((a, b) => a.index - b.index)
  return { finished: finished.map(record => record.trial), pending }
}

export function toRecord(space: Space, facts: TrialFacts, objective: Objective): TrialRecord | undefined {
  const point = space.toPoint(valuesOf(facts.assignments))
  if (!point || facts.phase === 'Killed') return undefined
  const suggestion = { point, labels: facts.labels ?? {}, index: facts.index }
  if (facts.phase === 'Pending' || facts.phase === 'Running') return { is: 'pending', trial: suggestion }
  const name = facts.name === undefined ? {} : { name: facts.name }
  const trial = { ...suggestion, ...name, outcome: outcomeOf(facts, objective) }
  return { is: 'finished', trial, completionTime: facts.completionTime ?? '' }
}

/** The one place that flips `maximize`, and that decides what a value that is no number counts as. */
function outcomeOf(facts: TrialFacts, objective: Objective): Outcome {
  if (facts.phase === 'Failed') return { is: 'failed', because: 'user' }
  const text = objectiveText(facts, objective)
  const value = text === undefined ? undefined : finiteNumber(text)
  const loss = value === undefined ? undefined : sign(objective) * value
  if (facts.phase === 'EarlyStopped') {
    return { is: 'stopped', ...(loss === undefined ? {} : { losses: [loss] }) }
  }
  if (text === undefined) return { is: 'failed', because: 'noMetric' }
  return loss === undefined ? { is: 'failed', because: 'diverged' } : { is: 'completed', losses: [loss] }
}

/** By the metric's strategy; without one the best value reported, as Katib defaults it. */
function objectiveText({ metrics }: TrialFacts, objective: Objective): string | undefined {
  const name = objective.objectiveMetricName
  const metric = metrics?.find(candidate => candidate.name === name)
  if (!metric) return undefined
  const byType = objective.type === 'minimize' ? 'min' : 'max'
  const strategy = objective.metricStrategies?.find(candidate => candidate.name === name)?.value ?? byType
  const text = metric[strategy] === UNAVAILABLE ? metric.latest : metric[strategy]
  return text === undefined || text === UNAVAILABLE || text === '' ? undefined : text
}

function sign(objective: Objective): 1 | -1 {
  return objective.type === 'maximize' ? -1 : 1
}

type Finished = Extract<TrialRecord, { is: 'finished' }>

/** In the order of a history: by completion, then index. */
export function precedes(a: Finished, b: Finished): boolean {
  if (a.completionTime !== b.completionTime) return a.completionTime < b.completionTime
  return a.trial.index < b.trial.index
}
