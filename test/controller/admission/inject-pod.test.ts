import { expect, test } from 'vitest'
import { COLLECTOR_IMAGE, type Resource, type Trial } from '#api'
import { injectPod } from '#controller'
import { aTrial } from '../../support/builders.ts'

const trial = (more: Partial<Trial['spec']> = {}): Trial => {
  const made = aTrial(0)
  return { ...made, spec: { ...made.spec, primaryContainerName: 'main', ...more } }
}

interface PodSpec {
  readonly containers: readonly {
    readonly name: string
    readonly args?: readonly string[]
    readonly env?: readonly object[]
  }[]
  readonly initContainers?: readonly { readonly name: string; readonly image: string }[]
}

function aPod(container = 'main', labels: Readonly<Record<string, string>> = {}): Resource & { spec: PodSpec } {
  const containers = [{ name: container, image: 'trainer', command: ['python3', 'train.py'] }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: '', namespace: 'default', labels }, spec: { containers } }
}

const inject = (pod: Resource, of = trial()) =>
  injectPod(pod, of, { algorithm: { algorithmName: 'random' }, equipment: undefined }) as Resource & { spec: PodSpec }

test('the primary pod gets labels, environment, the collector, and its command wrapped', () => {
  const { metadata, spec } = inject(aPod())
  expect(metadata.labels).toMatchObject({ 'katib.kubeflow.org/trial': 'e-0', 'katib.kubeflow.org/experiment': 'e' })
  expect(metadata.annotations).toMatchObject({ 'qalam.dev/trial-uid': trial().metadata.uid })
  expect(spec.initContainers).toMatchObject([{ name: 'metrics-logger-and-collector', image: COLLECTOR_IMAGE }])
  expect(spec.containers[0]?.args).toEqual([expect.stringMatching(/^python3 train\.py 1>.* && echo completed > /)])
  expect(spec.containers[0]?.env).toContainEqual({ name: 'QALAM_TRIAL_NAME', value: 'e-0' })
})

test('a pod without the primary container passes as it is', () => {
  const pod = aPod('sidecar-of-somebody')
  expect(inject(pod)).toBe(pod)
})

test('one that was injected before passes as it is', () => {
  const once = inject(aPod())
  expect(inject(once)).toBe(once)
})

test.each([
  ['0', true],
  ['1', false],
])('of an indexed job the pod with index %s has the collector: %s, and both the environment', (index, isPrimary) => {
  const key = 'batch.kubernetes.io/job-completion-index'
  const { spec } = inject(aPod('main', { [key]: index }), trial({ primaryPodLabels: { [key]: '0' } }))
  expect(spec.initContainers !== undefined).toBe(isPrimary)
  expect(spec.containers[0]?.env).toContainEqual({ name: 'QALAM_TRIAL_NAME', value: 'e-0' })
})
