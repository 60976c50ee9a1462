/** An experiment's trials as plain facts, told by what has changed. */
import type { Suggestion, Trial } from '#api'
import type { TrialFacts } from '#suggestion'
import type { TrialRoll } from '../trial-roll.ts'
import { indexOf, phaseOf } from '../trial-state.ts'

/** It moves on with the cache: whoever comes to a question late answers it with what is known by then. */
export interface TrialLog {
  /** Grows with every change. */
  readonly moment: number
  /** Trials that changed after `since`, or every one; undefined where that is too long ago to tell. */
  changes(since?: number): Iterable<TrialChange> | undefined
  /** Assignments that wait to become a trial. */
  waiting(): Iterable<TrialFacts>
}

export interface TrialChange {
  readonly index: number
  /** Absent: the trial is gone. */
  readonly facts?: TrialFacts
}

export function logOf(roll: TrialRoll, suggestion: Suggestion): TrialLog {
  return {
    get moment() {
      return roll.moment
    },
    changes(since) {
      const indexes = since === undefined ? indexesOf(roll) : roll.changedSince(since)
      return indexes && changesOf(roll, indexes)
    },
    *waiting() {
      for (const { index, parameterAssignments = [], labels = {} } of suggestion.status?.suggestions ?? []) {
        if (index === undefined || roll.at(index)) continue
        yield { index, phase: 'Pending', assignments: parameterAssignments, labels }
      }
    },
  }
}

function* indexesOf(trials: Iterable<Trial>): Iterable<number> {
  for (const trial of trials) {
    const index = indexOf(trial)
    if (index !== undefined) yield index
  }
}

function* changesOf(roll: TrialRoll, indexes: Iterable<number>): Iterable<TrialChange> {
  for (const index of indexes) {
    const trial = roll.at(index)
    const facts = trial && factsOf(trial)
    yield facts ? { index, facts } : { index }
  }
}

/** Undefined for a Trial without an index: Katib made it. */
export function factsOf(trial: Trial): TrialFacts | undefined {
  const index = indexOf(trial)
  if (index === undefined) return undefined
  const metrics = trial.status?.observation?.metrics
  const { startTime, completionTime } = trial.status ?? {}
  return {
    index,
    name: trial.metadata.name,
    phase: phaseOf(trial),
    assignments: trial.spec.parameterAssignments ?? [],
    labels: trial.spec.labels ?? {},
    ...(metrics ? { metrics } : {}),
    ...(startTime ? { startTime } : {}),
    ...(completionTime ? { completionTime } : {}),
  }
}
