/** Worlds for `why`: an experiment with what surrounds it, each part by one short builder. */
import { type Condition, EXPERIMENT_LABEL, type Experiment, type Resource, TRIAL_LABEL, type Trial } from '#api'
import type { WhyWorld } from '../../../server/why/world.ts'
import { aJob, anExperiment, aSuggestion, aTrial } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
export const at = '2026-01-01T10:00:00Z'

export const condition = (type: string, reason: string, message = '', status = 'True'): Condition => ({
  type,
  status,
  reason,
  message,
  lastUpdateTime: at,
  lastTransitionTime: at,
})
export const CREATED = condition('Created', 'ExperimentCreated')
export const RUNS = condition('Running', 'ExperimentRunning', 'Experiment is running')

/** Acted on by a controller, unless `conditions` is empty. */
export function experiment(
  conditions: readonly Condition[] = [CREATED, RUNS],
  spec: Experiment['spec'] = {},
): Experiment {
  return anExperiment(spec, conditions.length === 0 ? {} : { conditions: [...conditions], observedGeneration: 1 })
}
export const over = (type: string, reason: string, message = '') =>
  experiment([CREATED, condition(type, reason, message)])
/** Over, and there is a best trial. */
export const won = (reason: string, spec: Experiment['spec'] = {}) =>
  anExperiment(spec, {
    conditions: [CREATED, condition('Succeeded', reason)],
    observedGeneration: 1,
    currentOptimalTrial: { bestTrialName: 'e-0', parameterAssignments: [], observation: {} },
  })

/** Not ended; `running` is its condition Running. */
export function trial(running?: Condition, metadata: Partial<Trial['metadata']> = {}): Trial {
  const made = aTrial(0, undefined, undefined, metadata)
  return running === undefined
    ? made
    : { ...made, status: { conditions: [condition('Created', 'TrialCreated'), running] } }
}
export const runs = condition('Running', 'TrialRunning', 'Trial is running')

export function pod(status: object): Resource {
  const labels = { [TRIAL_LABEL]: 'e-0', [EXPERIMENT_LABEL]: 'e' }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'e-0-pod', namespace: 'default', labels }, status }
}
export const unscheduled = (message: string, reason = 'Unschedulable') =>
  pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason, message }] })
export const waiting = (reason: string, message = 'because') =>
  pod({
    phase: 'Pending',
    containerStatuses: [{ name: 'main', image: 'team/x:1', state: { waiting: { reason, message } } }],
  })
export const crashed = pod({
  phase: 'Failed',
  containerStatuses: [
    { name: 'main', state: { terminated: { exitCode: 3, reason: 'Error', message: 'oh\nno data\n' } } },
  ],
})
export const job = (spec: object = {}, labels: Record<string, string> = {}): Resource => {
  const made = aJob(0, {}, spec)
  return { ...made, metadata: { ...made.metadata, labels } }
}
export const warned = (uid: string, reason: string, message: string) => new Map([[uid, { reason, message, time: at }]])

export const world = (change: Partial<WhyWorld>): WhyWorld => ({
  experiment: experiment(),
  suggestion: aSuggestion(),
  trials: [],
  jobs: [],
  pods: [],
  warnings: new Map(),
  served: 'yes',
  place: '.qalam',
  startWith: 'qalam server --data-dir .qalam',
  now,
  ...change,
})
