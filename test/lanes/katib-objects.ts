/** An experiment in the middle of its life, as Katib's controllers leave it on a cluster. */
import { controllerReference, type Resource } from '#api'
import type { WritingClient } from '#kube'
import { exampleExperiment } from './example.ts'

const at = '2026-01-01T10:00:00Z'
const API = { apiVersion: 'kubeflow.org/v1beta1' }
const condition = (type: string, status = 'True') => ({
  ...{ type, status, reason: `Trial${type}`, message: '', lastUpdateTime: at, lastTransitionTime: at },
})

export interface KatibTrial {
  readonly x: string
  readonly z: string
  readonly state: 'Succeeded' | 'Running'
  /** Of a Running trial: what its Job does. */
  readonly command?: readonly string[]
}

/** `waiting`: assignments that are listed and have no Trial yet. Trials are named NAME-0, NAME-1, ... */
export async function createAsKatib(
  client: WritingClient,
  name: string,
  trials: readonly KatibTrial[],
  waiting: readonly Pick<KatibTrial, 'x' | 'z'>[],
  changes: { readonly spec?: object; readonly ended?: boolean } = {},
): Promise<void> {
  const written = exampleExperiment(name, changes.spec)
  const spec = written.spec as { algorithm?: object; objective: object; metricsCollectorSpec?: object }
  const finalizers = ['update-prometheus-metrics']
  const experiment = await client.create<Resource>({ ...written, metadata: { ...written.metadata, finalizers } })
  const state = changes.ended ? [condition('Running', 'False'), condition('Succeeded')] : [condition('Running')]
  const status = { startTime: at, conditions: [condition('Created'), ...state], trials: trials.length }
  await client.replace({ ...experiment, status } as Resource, 'status')
  const assigned = [...trials, ...waiting].map(({ x, z }, i) => ({
    name: `${name}-${i}`,
    parameterAssignments: values(x, z),
  }))
  const suggestion = await client.create<Resource>({
    ...API,
    kind: 'Suggestion',
    metadata: { name, namespace: 'default', ownerReferences: [controllerReference(experiment)] },
    spec: { algorithm: spec.algorithm, requests: assigned.length, resumePolicy: 'Never' },
  })
  const listed = { suggestionCount: assigned.length, suggestions: assigned, conditions: [condition('Created')] }
  await client.replace({ ...suggestion, status: listed } as Resource, 'status')
  for (const [i, trial] of trials.entries()) await createTrial(client, experiment, `${name}-${i}`, trial, spec)
  await createService(client, suggestion)
}

async function createTrial(
  client: WritingClient,
  experiment: Resource,
  name: string,
  { x, z, state, command = ['true'] }: KatibTrial,
  { objective, metricsCollectorSpec }: { objective: object; metricsCollectorSpec?: object },
): Promise<void> {
  const containers = [{ name: 'training', image: 'local', command }]
  const metadata = { name, namespace: 'default' }
  const runSpec = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers } } },
  }
  const trial = await client.create<Resource>({
    ...API,
    kind: 'Trial',
    metadata: {
      ...metadata,
      labels: { 'katib.kubeflow.org/experiment': experiment.metadata.name },
      finalizers: ['clean-metrics-in-db'],
      ownerReferences: [controllerReference(experiment)],
    },
    spec: {
      ...{ objective, runSpec, parameterAssignments: values(x, z), primaryContainerName: 'training' },
      metricsCollector: metricsCollectorSpec ?? { collector: { kind: 'StdOut' } },
      successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
      failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
    },
  } as Resource)
  const loss = String((Number(x) - 3) ** 2 + (Number(z) + 1) ** 2)
  const metrics = [{ name: 'loss', min: loss, max: loss, latest: loss }]
  const ended = { completionTime: at, observation: { metrics } }
  const conditions =
    state === 'Running'
      ? [condition('Created'), condition('Running')]
      : [condition('Created'), condition('Running', 'False'), condition('Succeeded')]
  const status = { startTime: at, conditions, ...(state === 'Succeeded' ? ended : {}) }
  await client.replace({ ...trial, status } as Resource, 'status')
  // Katib's Jobs carry no labels.
  if (state === 'Running')
    await client.create({
      ...runSpec,
      metadata: { ...metadata, ownerReferences: [controllerReference(trial)] },
    } as Resource)
}

async function createService(client: WritingClient, suggestion: Resource): Promise<void> {
  const { algorithm } = suggestion.spec as { algorithm?: { algorithmName: string } }
  const own = {
    name: `${suggestion.metadata.name}-${algorithm?.algorithmName}`,
    namespace: 'default',
    ownerReferences: [controllerReference(suggestion)],
  }
  const labels = { 'katib.kubeflow.org/deployment': own.name }
  const spec = { containers: [{ name: 'suggestion', image: 'ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0' }] }
  await client.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: own,
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  } as Resource)
  await client.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: own,
    spec: { selector: labels, ports: [{ port: 6789 }] },
  } as Resource)
}

const values = (x: string, z: string) => [
  { name: 'x', value: x },
  { name: 'z', value: z },
]
