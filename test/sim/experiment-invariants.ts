/** What must hold of the Experiment: S6, S8, S9, its counters, and the best of S7. */
import { type Condition, type Experiment, isTrue } from '#api'
import type { Must } from './invariants.ts'
import { bestOf, type Goal, type Observed, objectiveOf } from './objective-oracle.ts'
import type { WatchedTrials } from './trial-invariants.ts'

export interface WatchedExperiment {
  written(experiment: Experiment): void
  deleted(): void
  settled(): void
}

export function watchExperiment(trials: WatchedTrials, must: Must): WatchedExperiment {
  let newest: Experiment | undefined
  let endedAtGeneration: number | undefined
  let bestSoFar: number | undefined
  const failures = () =>
    [...trials.ends.values()].filter(end => end === 'Failed' || end === 'MetricsUnavailable').length

  function ending({ metadata, spec, status }: Experiment, end: Condition | undefined): void {
    const { generation = 1 } = metadata
    must(!(isTrue(status?.conditions, 'Running') && end), 'S6: an ended Experiment runs')
    const isReopened = endedAtGeneration !== undefined && !end
    must(!isReopened || generation > (endedAtGeneration ?? 0), 'S6: an ended Experiment goes on, nobody asked')
    const isNews = end && endedAtGeneration === undefined
    endedAtGeneration = end ? (endedAtGeneration ?? generation) : undefined
    if (!isNews) return
    if (end.type === 'Failed') {
      must(failures() >= (spec.maxFailedTrialCount ?? Infinity), `S9: failed with ${failures()} failures`)
    }
    if (end.reason === 'ExperimentGoalReached') {
      const goal = goalOf(spec)
      const values = trials.ended().map(({ observed }) => objectiveOf(observed, goal))
      const reaches = (value: number) =>
        goal.direction === 'maximize' ? value >= (spec.objective?.goal ?? NaN) : value <= (spec.objective?.goal ?? NaN)
      must(
        values.some(value => value !== undefined && reaches(value)),
        `S8: goal ${spec.objective?.goal} is said to be reached by ${status?.bestObjective} of ${values}`,
      )
    }
  }

  /** No later status knows less; whatever is best is the value of a trial that ended. */
  function best({ spec, status }: Experiment): void {
    const value = status?.bestObjective
    const goal = goalOf(spec)
    if (value === undefined) {
      must(bestSoFar === undefined || trials.anyDeleted, `S7: ${bestSoFar} was best, and nothing is`)
      return
    }
    must(Number.isFinite(value), `S7: ${value} is best`)
    if (value === bestSoFar || trials.anyDeleted) return
    const isWorse = bestSoFar !== undefined && (goal.direction === 'maximize' ? value < bestSoFar : value > bestSoFar)
    must(!isWorse, `S7: ${bestSoFar} was best, and ${value} is`)
    bestSoFar = value
    const name = status?.currentOptimalTrial?.bestTrialName
    const trial = trials.ended().find(ended => ended.name === name)
    const truth = objectiveOf(trial?.observed, goal)
    must(truth === value, `S7: ${value} of ${name} is best, ${trial ? `it reported ${truth}` : 'it has not ended'}`)
  }

  return {
    written(experiment) {
      newest = experiment
      const end = experiment.status?.conditions?.find(
        ({ type, status }) => (type === 'Succeeded' || type === 'Failed') && status === 'True',
      )
      ending(experiment, end)
      best(experiment)
    },
    deleted() {
      newest = undefined
    },
    settled() {
      if (!newest?.status) return
      const { spec, status } = newest
      const truth = bestOf(trials.ended(), goalOf(spec))
      const said = status.currentOptimalTrial?.bestTrialName
      must(
        said === truth?.name && status.bestObjective === truth?.value,
        `S7: ${said} with ${status.bestObjective} is best in the end, it must be ${JSON.stringify(truth)}`,
      )
      const isOver = isTrue(status.conditions, 'Succeeded') || isTrue(status.conditions, 'Failed')
      const isSpent = failures() >= (spec.maxFailedTrialCount ?? Infinity)
      const isExcused = isTrue(status.conditions, 'Failed') || trials.anyDeleted
      must(!isSpent || isExcused || reachedGoal(status.conditions), `S9: it goes on with ${failures()} failures`)
      const count = (end: string) => [...trials.live.keys()].filter(uid => trials.ends.get(uid) === end).length
      const counters = {
        trialsSucceeded: [status.trialsSucceeded, count('Succeeded')],
        trialsFailed: [status.trialsFailed, count('Failed')],
        trialsKilled: [status.trialsKilled, count('Killed')],
        trialsEarlyStopped: [status.trialsEarlyStopped, count('EarlyStopped')],
        trialMetricsUnavailable: [status.trialMetricsUnavailable, count('MetricsUnavailable')],
      }
      for (const [counter, [said = 0, are = 0]] of Object.entries(counters))
        must(!isOver || said === are, `S9: ${counter} says ${said}, there are ${are}`)
    },
  }
}

function goalOf({ objective }: Experiment['spec']): Goal {
  const { objectiveMetricName, metricStrategies } = objective ?? {}
  const strategy = metricStrategies?.find(({ name }) => name === objectiveMetricName)?.value ?? 'latest'
  // The three strategies are named like the three texts.
  return { direction: objective?.type ?? 'minimize', strategy: strategy as keyof Observed }
}

const reachedGoal = (conditions: readonly Condition[] | undefined) =>
  conditions?.some(({ reason, status }) => reason === 'ExperimentGoalReached' && status === 'True') ?? false
