/** Controllers that see or count wrongly. */
import type { Resource } from '#api'
import { TrialRoll } from '../../controller/trial-roll.ts'
import type { PlantedBug } from './planted-bug.ts'
import { onViews } from './tampering.ts'

/** Trials that ended in one way look as if they had ended in another. */
const mistaking =
  (from: string, to: string): PlantedBug['plant'] =>
  () => ({
    transport: inner =>
      onViews(inner, 'Trial', trial => {
        const status = trial.status as { conditions?: { type: string }[] } | undefined
        for (const condition of status?.conditions ?? []) if (condition.type === from) condition.type = to
        return trial
      }),
  })

const misreading =
  (change: (spec: Record<string, number>) => object): PlantedBug['plant'] =>
  () => ({
    transport: inner =>
      onViews(inner, 'Experiment', experiment => ({
        ...experiment,
        spec: { ...(experiment.spec as object), ...change(experiment.spec as Record<string, number>) },
      })),
  })

/** Puts another getter or method in the place of one, until it is disposed. */
function replaced(name: 'endedCount' | 'optimal', by: PropertyDescriptor): Disposable {
  const before = Object.getOwnPropertyDescriptor(TrialRoll.prototype, name)
  Object.defineProperty(TrialRoll.prototype, name, { configurable: true, ...by })
  return {
    [Symbol.dispose]() {
      Object.defineProperty(TrialRoll.prototype, name, before ?? {})
    },
  }
}

export const bugsOfSight: readonly PlantedBug[] = [
  {
    name: 'one trial more than allowed runs at a time',
    caughtBy: 'S2',
    scenario: 'happy path',
    plant: misreading(({ parallelTrialCount = 0 }) => ({ parallelTrialCount: parallelTrialCount + 1 })),
  },
  {
    name: 'one trial more than allowed is made in all',
    caughtBy: 'S3',
    scenario: 'happy path',
    plant: misreading(({ maxTrialCount = 0 }) => ({ maxTrialCount: maxTrialCount + 1 })),
  },
  {
    name: 'a trial that does not run yet counts as ended',
    caughtBy: 'S2',
    scenario: 'longer than the pending deadline',
    plant: () => ({
      patch: () =>
        replaced('endedCount', {
          get(this: TrialRoll) {
            return this.length - this.count('Running')
          },
        }),
    }),
  },
  {
    name: 'who runs is counted from the status, which trails',
    caughtBy: 'S2',
    scenario: 'max raised after completion',
    plant() {
      let active = 0
      return {
        transport: inner =>
          onViews(inner, 'Experiment', (experiment: Resource) => {
            const { trialsRunning = 0, trialsPending = 0 } = (experiment.status ?? {}) as Record<string, number>
            active = trialsRunning + trialsPending
            return experiment
          }),
        patch: () =>
          replaced('endedCount', {
            get(this: TrialRoll) {
              return Math.max(0, this.length - active)
            },
          }),
      }
    },
  },
  {
    name: 'a killed trial counts as a failure',
    caughtBy: 'S9',
    scenario: 'stopped at once and resumed',
    plant: mistaking('Killed', 'Failed'),
  },
  {
    name: 'a trial without metric is no failure',
    caughtBy: 'S9',
    scenario: 'trials without metric',
    plant: mistaking('MetricsUnavailable', 'Succeeded'),
  },
  {
    name: 'the last trial is the best',
    caughtBy: 'S7',
    scenario: 'pods that are lost and replaced',
    plant: () => ({
      patch: () =>
        replaced('optimal', {
          value(this: TrialRoll) {
            const trial = this.newest('Succeeded', 1)[0]
            return trial && { trial, value: Number(trial.status?.observation?.metrics?.[0]?.latest) }
          },
        }),
    }),
  },
  {
    name: 'the best trial is the best of those that are seen',
    caughtBy: 'S7',
    scenario: 'happy path',
    plant: () => ({
      transport: inner =>
        onViews(inner, 'Experiment', experiment => {
          // What was known to be best is not looked at.
          delete (experiment.status as { bestObjective?: number } | undefined)?.bestObjective
          return experiment
        }),
    }),
  },
]
