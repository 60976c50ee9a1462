/** Objects as the controllers see them; a test says only what matters to it. */
import {
  API_VERSION,
  EXPERIMENT_LABEL,
  type Experiment,
  INDEX_LABEL,
  type Resource,
  type Suggestion,
  TRIAL_FINALIZER,
  type Trial,
} from '#api'

const owned = (kind: string, name: string, uid: string) => [
  { apiVersion: API_VERSION, kind, name, uid, controller: true, blockOwnerDeletion: true },
]

/** Running since 10:00:00 unless `status` says otherwise. */
export function anExperiment(spec: Partial<Experiment['spec']> = {}, status: Experiment['status'] = {}): Experiment {
  return {
    apiVersion: API_VERSION,
    kind: 'Experiment',
    metadata: { name: 'e', namespace: 'default', uid: 'u-e', resourceVersion: '1', generation: 1 },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss', metricStrategies: [{ name: 'loss', value: 'min' }] },
      algorithm: { algorithmName: 'random' },
      parallelTrialCount: 2,
      maxTrialCount: 4,
      parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }],
      trialTemplate: {
        primaryContainerName: 'main',
        trialParameters: [{ name: 'x', reference: 'x' }],
        trialSpec: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          spec: {
            template: {
              spec: { containers: [{ name: 'main', image: 'i', command: ['echo', '${trialParameters.x}'] }] },
            },
          },
        },
      },
      ...spec,
    },
    status,
  }
}

/** `phase` as its conditions say it; `loss` as an observation. */
export function aTrial(index: number, phase?: string, loss?: string, change: Partial<Trial['metadata']> = {}): Trial {
  const at = `2026-01-01T10:00:${String(index).padStart(2, '0')}Z`
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: `Trial${type}`,
    lastUpdateTime: at,
    lastTransitionTime: at,
  })
  const conditions =
    phase === undefined
      ? []
      : [
          condition('Created', 'True'),
          ...(phase === 'Running' ? [] : [condition('Running', 'False')]),
          condition(phase, 'True'),
        ]
  return {
    apiVersion: API_VERSION,
    kind: 'Trial',
    metadata: {
      name: `e-${index}`,
      namespace: 'default',
      uid: `u-${index}`,
      resourceVersion: '5',
      creationTimestamp: at,
      labels: { [EXPERIMENT_LABEL]: 'e', [INDEX_LABEL]: String(index) },
      finalizers: [TRIAL_FINALIZER],
      ownerReferences: owned('Experiment', 'e', 'u-e'),
      ...change,
    },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss', metricStrategies: [{ name: 'loss', value: 'min' }] },
      parameterAssignments: [{ name: 'x', value: '0.5' }],
      runSpec: {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: `e-${index}`, namespace: 'default' },
        spec: { template: { spec: { containers: [{ name: 'main', image: 'i', command: ['true'] }] } } },
      },
      metricsCollector: { collector: { kind: 'StdOut' } },
      primaryContainerName: 'main',
      successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
      failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
    },
    status: {
      ...(phase === undefined ? {} : { startTime: at, conditions }),
      ...(loss === undefined
        ? {}
        : { observation: { metrics: [{ name: 'loss', min: loss, max: loss, latest: loss }] } }),
      ...(phase === undefined || phase === 'Running' ? {} : { completionTime: at }),
    },
  }
}

/** The Job of trial `index`. */
export function aJob(index: number, status: object = {}, spec: object = {}): Resource {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `e-${index}`,
      namespace: 'default',
      uid: `u-job-${index}`,
      resourceVersion: '9',
      ownerReferences: owned('Trial', `e-${index}`, `u-${index}`),
    },
    spec,
    status: { startTime: '2026-01-01T10:00:00Z', ...status },
  }
}

export const ended = (type: 'Complete' | 'Failed', words: object = {}) => ({
  conditions: [{ type, status: 'True', ...words }],
})

export function aSuggestion(status: Suggestion['status'] = {}): Suggestion {
  return {
    apiVersion: API_VERSION,
    kind: 'Suggestion',
    metadata: {
      name: 'e',
      namespace: 'default',
      uid: 'u-s',
      resourceVersion: '2',
      ownerReferences: owned('Experiment', 'e', 'u-e'),
    },
    spec: {},
    status,
  }
}
