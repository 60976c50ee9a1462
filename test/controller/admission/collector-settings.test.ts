import { expect, test } from 'vitest'
import type { Resource, Trial } from '#api'
import { type CollectorSettings, equipPods, injectCollector } from '#controller'

const trial: Trial = {
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Trial',
  metadata: { name: 'tune-a', namespace: 'team', uid: 'uid-a', labels: { 'katib.kubeflow.org/experiment': 'tune' } },
  spec: {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    metricsCollector: { collector: { kind: 'StdOut' } },
    primaryContainerName: 'main',
    earlyStoppingRules: [{ name: 'loss', value: '3', comparison: 'greater' }],
  },
}
const main = { name: 'main', image: 'mine', command: ['train'], securityContext: { runAsUser: 1234 } }
const job: Resource = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'tune-a', namespace: 'team' },
  spec: { template: { spec: { containers: [main] } } },
}

interface Collector {
  readonly args: readonly string[]
  readonly [field: string]: unknown
}

function collector(settings: CollectorSettings, kind = 'StdOut'): Collector {
  const equipment = { image: 'example/qalam:1', serverUrl: 'https://store', collectors: new Map([[kind, settings]]) }
  const { spec } = equipPods(injectCollector(job, trial, 'random'), trial, equipment)
  return (spec as { template: { spec: { initContainers: [Collector] } } }).template.spec.initContainers[0]
}

test("what an administrator says of a kind is the collector's: pull policy, resources, waiting", () => {
  const resources = { limits: { memory: '1Gi' }, requests: { cpu: '10m' } }
  const said = collector({ imagePullPolicy: 'Always', resources, waitAllProcesses: false })
  expect(said).toMatchObject({
    image: 'example/qalam:1',
    imagePullPolicy: 'Always',
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '1Gi' } },
  })
  expect(said.args.join(' ')).toContain('-format TEXT -w false -stop-rule loss;3;greater;0')
})

test('a negative amount removes its entry, and no request is left above its limit', () => {
  const said = collector({
    resources: { limits: { cpu: '-1', memory: '32Mi' }, requests: { 'ephemeral-storage': '-1' } },
  })
  expect(said.resources).toEqual({ requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '32Mi' } })
  expect(collector({ resources: { requests: { memory: '2Gi' } } }).resources).toEqual({
    requests: { cpu: '50m', memory: '2Gi' },
    limits: { cpu: '500m', memory: '2Gi' },
  })
})

test("with injectSecurityContext it runs as the pod's first container does", () => {
  expect(collector({ copiesSecurityContext: true }).securityContext).toEqual({ runAsUser: 1234 })
  expect(collector({}).securityContext).toMatchObject({ runAsNonRoot: true })
})

test('what is said of another kind changes nothing', () => {
  const said = collector({ imagePullPolicy: 'Always', waitAllProcesses: false }, 'File')
  expect(said.imagePullPolicy).toBeUndefined()
  expect(said.args).not.toContain('-w')
})
