/** The best trial so far. */
import type { Experiment, Objective, OptimalTrial, Trial } from '#api'
import { objectiveText, objectiveValue } from '../trial/summarise.ts'
import { isTerminal } from '../trial-state.ts'

export interface Optimum {
  readonly trial: Trial
  /** Undefined: the objective is text (an architecture, say), where the one that ended last is the answer, as in Katib. */
  readonly value: number | undefined
}

/** Ended trials with a usable objective; ties go to the one that ended first, then by name (S7). */
export function optimal(trials: readonly Trial[], objective: Objective): Optimum | undefined {
  const sign = objective.type === 'maximize' ? -1 : 1
  let best: Optimum | undefined
  for (const trial of trials) {
    if (!isTerminal(trial)) continue
    const value = objectiveValue(trial)
    if (value === undefined) continue
    const lead = best?.value === undefined ? -1 : sign * (value - best.value)
    if (lead < 0 || (lead === 0 && best && endedBefore(trial, best.trial))) best = { trial, value }
  }
  return best ?? latestText(trials)
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

function latestText(trials: readonly Trial[]): Optimum | undefined {
  const isText = (trial: Trial) => {
    const text = trial.spec.objective && objectiveText(trial.spec.objective, trial.status?.observation)
    return text !== undefined && !/^[+-]?(nan|inf(inity)?)$/i.test(text.trim()) && Number.isNaN(Number(text))
  }
  const candidates = trials.filter(trial => isTerminal(trial) && isText(trial))
  const last = candidates.reduce<Trial | undefined>(
    (best, trial) => (best && endedBefore(trial, best) ? best : trial),
    undefined,
  )
  return last && { trial: last, value: undefined }
}

function endedBefore(a: Trial, b: Trial): boolean {
  const times = [a.status?.completionTime ?? '', b.status?.completionTime ?? '']
  return times[0] === times[1] ? a.metadata.name < b.metadata.name : times[0] < times[1]
}

export function objectiveOf(experiment: Experiment): Objective {
  // Admission and `read` let no Experiment without an objective through.
  return experiment.spec.objective as Objective
}
