/** An Experiment that is admitted as it stands, and what is known where it is. */
import { Experiment, type ExperimentSpec, type ExperimentStatus } from '#api'
import { type AdmissionKnowledge, defaultExperiment, type ValidationContext, validateExperiment } from '#controller'

type Changes = { [K in keyof ExperimentSpec]?: unknown }

export function anExperiment(
  changes: Changes = {},
  more: { name?: string; status?: ExperimentStatus } = {},
): Experiment {
  return Experiment.parse({
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Experiment',
    metadata: { name: more.name ?? 'tune', namespace: 'lab' },
    spec: { ...aSpec(), ...changes },
    ...(more.status && { status: more.status }),
  })
}

export function aSpec() {
  return {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    algorithm: { algorithmName: 'random' },
    maxTrialCount: 6,
    maxFailedTrialCount: 2,
    parallelTrialCount: 2,
    parameters: [aDouble('lr', '0.01', '0.1'), aList('optimizer', ['sgd', 'adam'])],
    trialTemplate: aTemplate(),
  }
}

export function aDouble(name: string, min: string, max: string, more: object = {}) {
  return { name, parameterType: 'double', feasibleSpace: { min, max, ...more } }
}

export function aList(name: string, list: readonly string[]) {
  return { name, parameterType: 'categorical', feasibleSpace: { list } }
}

export function aTemplate(changes: object = {}) {
  return {
    primaryContainerName: 'train',
    trialParameters: [
      { name: 'rate', reference: 'lr' },
      { name: 'optimizer', reference: 'optimizer' },
    ],
    trialSpec: aJob(),
    ...changes,
  }
}

export function aJob(container: object = {}, job: object = {}) {
  const args = [`--lr=\${trialParameters.rate}`, `--optimizer=\${trialParameters.optimizer}`]
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    ...job,
    spec: {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'train', image: 'trainer', command: ['python3', 'train.py'], args, ...container }],
        },
      },
    },
  }
}

export const knowledge: AdmissionKnowledge = {
  algorithms: ['auto', 'random', 'grid', 'sobol'],
  earlyStoppers: ['medianstop', 'any', 'all'],
  collectors: ['StdOut', 'File', 'TensorFlowEvent', 'PrometheusMetric', 'Custom', 'Push', 'None'],
  algorithmProblems: () => [],
}

/** `path: reason`, of each problem of the defaulted Experiment. */
export function faults(experiment: Experiment, context: Partial<ValidationContext> = {}): readonly string[] {
  const problems = validateExperiment(defaultExperiment(experiment), { ...knowledge, ...context })
  return problems.map(({ path, reason }) => `${path}: ${reason}`)
}

export function messages(experiment: Experiment, context: Partial<ValidationContext> = {}): readonly string[] {
  const problems = validateExperiment(defaultExperiment(experiment), { ...knowledge, ...context })
  return problems.map(({ path, message }) => `${path}: ${message}`)
}
