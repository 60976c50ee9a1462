import { expect, test } from 'vitest'
import type { Resource, Trial } from '#api'
import { equipPods, injectCollector } from '#controller'

const equipment = { image: 'example/qalam:1', serverUrl: 'https://qalam-store.kubeflow.svc:6443', ca: 'PEM' }

function aTrial(kind: 'StdOut' | 'Push' | 'None'): Trial {
  return {
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Trial',
    metadata: { name: 'tune-a', namespace: 'team', uid: 'uid-a', labels: { 'katib.kubeflow.org/experiment': 'tune' } },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss' },
      metricsCollector: { collector: { kind } },
      primaryContainerName: 'main',
    },
  }
}

const aJob = (pod: object = {}): Resource => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'tune-a', namespace: 'team' },
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'main', image: 'mine', command: ['train'] },
          { name: 'proxy', image: 'theirs' },
        ],
        ...pod,
      },
    },
  },
})

interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly securityContext?: object
  readonly lifecycle?: { readonly preStop?: { readonly exec?: { readonly command: readonly string[] } } }
  readonly volumeMounts?: readonly { readonly name: string }[]
}
interface PodSpec {
  readonly terminationGracePeriodSeconds?: number
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly { readonly name: string; readonly projected?: object }[]
}

function equipped(kind: 'StdOut' | 'Push', job = aJob()): PodSpec {
  const trial = aTrial(kind)
  return (equipPods(injectCollector(job, trial, 'random'), trial, equipment).spec as { template: { spec: PodSpec } })
    .template.spec
}

const holders = ({ containers, initContainers = [] }: PodSpec) =>
  [...initContainers, ...containers]
    .filter(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === 'qalam-token'))
    .map(({ name }) => name)

test('the collector gets its image, the way to the store and a token of its own; the program gets nothing', () => {
  const pod = equipped('StdOut')
  const [collector] = pod.initContainers ?? []
  expect(collector).toMatchObject({ name: 'metrics-logger-and-collector', image: 'example/qalam:1' })
  expect(collector?.command).toBeUndefined()
  expect(collector?.env).toEqual(
    expect.arrayContaining([
      { name: 'QALAM_SERVER_URL', value: 'https://qalam-store.kubeflow.svc:6443' },
      { name: 'QALAM_SERVER_CA', value: 'PEM' },
      { name: 'QALAM_TOKEN_FILE', value: '/var/run/secrets/qalam.dev/token' },
    ]),
  )
  expect(holders(pod)).toEqual(['metrics-logger-and-collector'])
  expect(pod.volumes?.find(({ name }) => name === 'qalam-token')?.projected).toEqual({
    sources: [{ serviceAccountToken: { audience: 'qalam-store', expirationSeconds: 3600, path: 'token' } }],
  })
})

test('a program that reports by itself holds the token, and there is no collector', () => {
  const pod = equipped('Push')
  expect(pod.initContainers).toBeUndefined()
  expect(holders(pod)).toEqual(['main'])
  expect(pod.containers[0]).toMatchObject({ image: 'mine', command: ['train'] })
})

test('what the user has set stays, and a pod without our containers is left alone', () => {
  const containers = [{ name: 'main', image: 'mine', env: [{ name: 'QALAM_SERVER_URL', value: 'own' }] }]
  const pod = equipped('Push', aJob({ containers }))
  expect(pod.containers[0]?.env?.filter(({ name }) => name === 'QALAM_SERVER_URL')).toEqual([
    { name: 'QALAM_SERVER_URL', value: 'own' },
  ])
  expect(equipPods(aJob(), aTrial('None'), equipment)).toEqual(aJob())
})

test('a wrapped program is told of the end of its pod, in the time that the user gave it; the collector gets more', () => {
  const pod = equipped('StdOut', aJob({ terminationGracePeriodSeconds: 90 }))
  expect(pod.terminationGracePeriodSeconds).toBe(300)
  const [, , script] = pod.containers[0]?.lifecycle?.preStop?.exec?.command ?? []
  expect(script).toContain('kill -TERM -1')
  expect(script).toContain('left=90\n')
  expect(equipped('StdOut', aJob({ terminationGracePeriodSeconds: 900 })).terminationGracePeriodSeconds).toBe(900)
})

test("a preStop of the user's, shared processes and a program that is not wrapped are left alone", () => {
  const preStop = { exec: { command: ['save'] } }
  const containers = [{ name: 'main', image: 'mine', command: ['train'], lifecycle: { preStop } }]
  const own = equipped('StdOut', aJob({ containers }))
  expect(own.containers[0]?.lifecycle).toEqual({ preStop })
  expect(own.terminationGracePeriodSeconds).toBeUndefined()
  for (const pod of [equipped('StdOut', aJob({ shareProcessNamespace: true })), equipped('Push')])
    expect(pod.containers[0]?.lifecycle).toBeUndefined()
})

test('a helper of ours with its own command gets the image alone', () => {
  const initContainers = [{ name: 'checkpoint', image: 'qalam/collector', command: ['sh', '-c', 'true'] }]
  const [checkpoint] = equipped('StdOut', aJob({ initContainers })).initContainers ?? []
  expect(checkpoint).toMatchObject({ name: 'checkpoint', image: 'example/qalam:1', command: ['sh', '-c', 'true'] })
  expect(checkpoint?.env).toBeUndefined()
})

test('a program whose command only the image knows: the collector relays its log, and nothing waits to be wrapped', () => {
  const containers = [{ name: 'main', image: 'mine' }]
  const trial = aTrial('StdOut')
  const job = equipPods(injectCollector(aJob({ containers }), trial, 'random'), trial, equipment)
  const { metadata, spec } = (job.spec as { template: { metadata: Resource['metadata']; spec: PodSpec } }).template
  expect(spec.initContainers?.[0]?.env).toContainEqual({ name: 'QALAM_RELAY', value: 'log' })
  expect(spec.containers[0]?.command).toBeUndefined()
  expect(spec.containers[0]?.lifecycle).toBeUndefined()
  expect(Object.keys(metadata.annotations ?? {})).toEqual(['qalam.dev/trial-uid'])
  const wrapped = equipped('StdOut')
  expect(wrapped.initContainers?.[0]?.env?.map(({ name }) => name)).not.toContain('QALAM_RELAY')
})
