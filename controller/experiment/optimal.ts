/** The best trial so far. */
import { curveNumber, type Experiment, type Objective, type OptimalTrial, objectiveText, type Trial } from '#api'
import { objectiveValue } from '../trial/summarise.ts'

export interface Optimum {
  readonly trial: Trial
  /** Undefined: the objective is text (an architecture, say), where the one that ended last is the answer, as in Katib. */
  readonly value: number | undefined
}

/** What the ended trials judged so far come to. */
export interface Leaders {
  readonly best?: Optimum
  /** The one with a textual objective that ended last. */
  readonly text?: Trial
}

/** With one more ended trial. Ties go to the one that ended first, then by name (S7). */
export function leading(leaders: Leaders, trial: Trial, objective: Objective): Leaders {
  const value = objectiveValue(trial)
  if (value === undefined)
    return isText(trial) && !precedes(trial, leaders.text) ? { ...leaders, text: trial } : leaders
  const { best } = leaders
  if (best?.value === undefined) return { ...leaders, best: { trial, value } }
  const lead = objective.type === 'maximize' ? best.value - value : value - best.value
  return lead < 0 || (lead === 0 && precedes(trial, best.trial)) ? { ...leaders, best: { trial, value } } : leaders
}

/** Numbers win over texts. */
export function optimum({ best, text }: Leaders): Optimum | undefined {
  return best ?? (text && { trial: text, value: undefined })
}

export function reachesGoal(objective: Objective, value: number | undefined): boolean {
  if (objective.goal === undefined || value === undefined) return false
  return objective.type === 'maximize' ? value >= objective.goal : value <= objective.goal
}

/** For `status.currentOptimalTrial`. */
export function optimalTrial({ trial }: Optimum): OptimalTrial {
  return {
    bestTrialName: trial.metadata.name,
    parameterAssignments: trial.spec.parameterAssignments ?? [],
    observation: trial.status?.observation ?? {},
  }
}

export function parametersText({ trial }: Optimum): string {
  return (trial.spec.parameterAssignments ?? []).map(({ name, value }) => `${name}=${value}`).join(' ')
}

function isText(trial: Trial): boolean {
  const text = trial.spec.objective && objectiveText(trial.spec.objective, trial.status?.observation)
  return text !== undefined && !/^[+-]?nan$/i.test(text.trim()) && Number.isNaN(curveNumber(text.trim()))
}

/** It ended before the other one did. */
function precedes(trial: Trial, other: Trial | undefined): boolean {
  if (!other) return false
  const times = [trial.status?.completionTime ?? '', other.status?.completionTime ?? '']
  return times[0] === times[1] ? trial.metadata.name < other.metadata.name : times[0] < times[1]
}

export function objectiveOf(experiment: Experiment): Objective {
  // Admission and `read` let no Experiment without an objective through.
  return experiment.spec.objective as Objective
}
