/** One thing that a Kubernetes API owes its clients, and the objects it is tried on. */
import type { Transport } from '#kube'

export interface World {
  readonly transport: Transport
  /** A namespace of this behaviour's own. */
  readonly namespace: string
}

export interface Behaviour {
  readonly name: string
  run(world: World): Promise<void>
}

export const MERGE = { 'content-type': 'application/merge-patch+json' }
export const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' }
export const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
export const APPLY = { 'content-type': 'application/apply-patch+yaml' }

export const configMaps = ({ namespace }: World) => `/api/v1/namespaces/${namespace}/configmaps`
export const trials = ({ namespace }: World) => `/apis/kubeflow.org/v1beta1/namespaces/${namespace}/trials`
export const aConfigMap = (name: string, data: Record<string, string> = { a: '1' }, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})
export const aTrial = (name: string, more: object = {}) => ({
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Trial',
  metadata: { name },
  spec: {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    parameterAssignments: [{ name: 'x', value: '1' }],
    runSpec: { apiVersion: 'batch/v1', kind: 'Job', big: 1 },
  },
  ...more,
})
