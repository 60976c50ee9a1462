import { describe, expect, test } from 'vitest'
import type { Resource, Trial, TrialSpec } from '#api'
import { injectCollector } from '#controller'
import { pendingWrap } from '#kinds'

const mnist = ['python3', '/opt/pytorch-mnist/mnist.py', '--epochs=1', '--batch-size=16', '--lr=0.03', '--momentum=0.6']
const line = mnist.join(' ')
const rules = [{ name: 'loss', value: '0.5', comparison: 'greater' as const, startStep: 4 }]
const stopped =
  'if test -f /var/log/katib/$$$$.pid && [ $(head -n 1 /var/log/katib/$$.pid) = early-stopped ]; then echo Training Container was Early Stopped; else echo Training Container was Failed; exit 1; fi'

function aTrial(spec: Partial<TrialSpec> = {}): Trial {
  return {
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Trial',
    metadata: {
      name: 'random-abcd2345',
      namespace: 'kubeflow',
      uid: 'trial-uid',
      labels: { 'katib.kubeflow.org/experiment': 'random' },
    },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss' },
      parameterAssignments: [
        { name: 'lr', value: '0.03' },
        { name: 'num-layers', value: '3' },
        { name: 'optimizer', value: 'sgd$(HOME)' },
      ],
      metricsCollector: { collector: { kind: 'StdOut' } },
      primaryContainerName: 'training-container',
      ...spec,
    },
  }
}

function aJob(pod: object = {}, container: object = { command: mnist }, template: object = {}): Resource {
  const containers = [{ name: 'training-container', image: 'mnist', ...container }]
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'random-abcd2345', namespace: 'kubeflow' },
    spec: { template: { ...template, spec: { restartPolicy: 'Never', containers, ...pod } } },
  }
}

interface Pod {
  readonly metadata: { labels: Record<string, string>; annotations: Record<string, string> }
  readonly spec: {
    containers: {
      name: string
      command?: string[]
      args?: string[]
      env?: { name: string; value?: string }[]
      volumeMounts?: object[]
    }[]
    initContainers?: { name: string; args: string[]; restartPolicy?: string; volumeMounts?: object[] }[]
    volumes?: object[]
    shareProcessNamespace?: boolean
  }
}
const podOf = (job: Resource) => (job.spec as { template: Pod }).template
const inject = (job: Resource, spec: Partial<TrialSpec> = {}) => podOf(injectCollector(job, aTrial(spec), 'random'))

test('the golden pod: StdOut, no early stopping', () => {
  const job = injectCollector(aJob(), aTrial())
  const mount = { name: 'metrics-volume', mountPath: '/var/log/katib' }
  const { env, ...container } = podOf(job).spec.containers[0]
  expect(container).toEqual({
    name: 'training-container',
    image: 'mnist',
    command: ['sh', '-c'],
    args: [`${line} 1>/var/log/katib/metrics.log 2>&1 && echo completed > /var/log/katib/$$$$.pid`],
    volumeMounts: [mount],
  })
  expect(env?.[0]).toEqual({
    name: 'KATIB_TRIAL_NAME',
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['katib.kubeflow.org/trial']" } },
  })
  const args =
    '-t random-abcd2345 -m loss -o-type minimize -s-db katib-db-manager.kubeflow:6789 -path /var/log/katib/metrics.log -format TEXT'
  expect(podOf(job).spec.initContainers).toEqual([
    {
      name: 'metrics-logger-and-collector',
      image: 'qalam/collector',
      restartPolicy: 'Always',
      args: args.split(' '),
      volumeMounts: [mount],
    },
  ])
  expect(podOf(job).spec.volumes).toEqual([{ name: 'metrics-volume', emptyDir: {} }])
  expect(podOf(job).spec).not.toHaveProperty('shareProcessNamespace')
  const labels = {
    'katib.kubeflow.org/experiment': 'random',
    'katib.kubeflow.org/trial': 'random-abcd2345',
  }
  expect(podOf(job).metadata).toEqual({ labels, annotations: { 'qalam.dev/trial-uid': 'trial-uid' } })
  expect(job.metadata).toMatchObject({ labels, annotations: { 'qalam.dev/trial-uid': 'trial-uid' } })
})

test('the golden pod: one stopping rule', () => {
  const pod = inject(aJob(), { earlyStoppingRules: rules })
  expect(pod.spec.containers[0].args).toEqual([
    `${line} 1>/var/log/katib/metrics.log 2>&1 || ${stopped} && echo completed > /var/log/katib/$$$$.pid`,
  ])
  expect(pod.spec.initContainers?.[0].args.slice(-6)).toEqual([
    ...['-format', 'TEXT'],
    ...['-stop-rule', 'loss;0.5;greater;4'],
    ...['-s-earlystop', 'random-random.kubeflow:6788'],
  ])
})

describe('collectors', () => {
  const source = (path: string, kind: 'File' | 'Directory', more: object = {}) => ({
    fileSystemPath: { path, kind, ...more },
  })
  test.each([
    {
      name: 'File',
      metricsCollector: {
        collector: { kind: 'File' as const },
        source: {
          ...source('/katib/mnist.log', 'File', { format: 'TEXT' }),
          filter: { metricsFormat: ['(a)=(b)', '(c)=(d)'] },
        },
      },
      sidecar: 'metrics-logger-and-collector',
      tail: '-path /katib/mnist.log -f (a)=(b);(c)=(d) -format TEXT',
      mountPath: '/katib',
      args: [`${line} && echo completed > /katib/$$$$.pid`],
    },
    {
      name: 'File in JSON',
      metricsCollector: { collector: { kind: 'File' as const }, source: source('/m.json', 'File', { format: 'JSON' }) },
      sidecar: 'metrics-logger-and-collector',
      tail: '-path /m.json -format JSON',
      mountPath: '/',
      args: [`${line} && echo completed > //$$$$.pid`],
    },
    {
      name: 'TensorFlowEvent',
      metricsCollector: { collector: { kind: 'TensorFlowEvent' as const }, source: source('/logs/test', 'Directory') },
      sidecar: 'metrics-collector',
      tail: '-path /logs/test',
      mountPath: '/logs/test',
      args: [`${line} && echo completed > /logs/test/$$$$.pid`],
    },
    {
      name: 'PrometheusMetric',
      metricsCollector: { collector: { kind: 'PrometheusMetric' as const } },
      sidecar: 'metrics-collector',
      tail: '-url http://127.0.0.1:8080/metrics',
      mountPath: undefined,
      args: undefined,
    },
  ])('$name', ({ metricsCollector, sidecar, tail, mountPath, args }) => {
    const pod = inject(aJob(), { metricsCollector })
    const mounts = mountPath === undefined ? undefined : [{ name: 'metrics-volume', mountPath }]
    expect(pod.spec.initContainers?.map(container => container.name)).toEqual([sidecar])
    expect(pod.spec.initContainers?.[0].args.slice(8).join(' ')).toBe(tail)
    expect(pod.spec.initContainers?.[0].volumeMounts).toEqual(mounts)
    expect(pod.spec.containers[0].volumeMounts).toEqual(mounts)
    expect(pod.spec.containers[0].args).toEqual(args)
  })

  test.each(['Push', 'None'] as const)('%s adds no container and runs the command as it is', kind => {
    const pod = inject(aJob(), { metricsCollector: { collector: { kind } } })
    expect(pod.spec).not.toHaveProperty('initContainers')
    expect(pod.spec).not.toHaveProperty('volumes')
    expect(pod.spec.containers[0].command).toEqual(mnist)
    expect(pod.spec.containers[0].env?.map(({ name }) => name)).toContain('QALAM_TRIAL_NAME')
  })

  test("Custom is the user's container, among the ordinary ones", () => {
    const env = [{ name: 'QALAM_TRIAL_NAME', value: 'its own' }]
    const customCollector = { name: 'mine', image: 'mine', args: ['-x'], env }
    const metricsCollector = {
      collector: { kind: 'Custom' as const, customCollector },
      source: source('/katib/a.log', 'File'),
    }
    const pod = inject(aJob(), { metricsCollector })
    const volumeMounts = [{ name: 'metrics-volume', mountPath: '/katib' }]
    const [custom, ...more] = pod.spec.containers.slice(1)
    expect(more).toEqual([])
    expect(custom).toEqual({ ...customCollector, volumeMounts, env: expect.arrayContaining(env) })
    const names = custom.env?.map(({ name }) => name) ?? []
    expect(names).toEqual(expect.arrayContaining(['KATIB_TRIAL_NAME', 'QALAM_EXPERIMENT', 'QALAM_PARAMETERS']))
    expect(names.filter(name => name === 'QALAM_TRIAL_NAME')).toHaveLength(1)
    expect(pod.spec.containers[0]).toMatchObject({ command: mnist, volumeMounts })
    expect(pod.spec.shareProcessNamespace).toBe(true)
    expect(pod.spec).not.toHaveProperty('initContainers')
  })
})

describe('the environment of the program', () => {
  test('says what the trial is', () => {
    const env = inject(aJob()).spec.containers[0].env ?? []
    expect(Object.fromEntries(env.slice(1).map(({ name, value }) => [name, value]))).toEqual({
      QALAM_TRIAL_NAME: 'random-abcd2345',
      QALAM_EXPERIMENT: 'random',
      QALAM_PARAMETERS: '{"lr":0.03,"num-layers":3,"optimizer":"sgd$$(HOME)"}',
      QALAM_PARAM_LR: '0.03',
      QALAM_PARAM_NUM_LAYERS: '3',
      QALAM_PARAM_OPTIMIZER: 'sgd$$(HOME)',
    })
  })

  test("follows the user's own and replaces none of it", () => {
    const own = [
      { name: 'QALAM_EXPERIMENT', value: 'mine' },
      { name: 'A', value: 'b' },
    ]
    const env = inject(aJob({}, { command: mnist, env: own })).spec.containers[0].env ?? []
    expect(env.slice(0, 2)).toEqual(own)
    expect(env.filter(({ name }) => name === 'QALAM_EXPERIMENT')).toHaveLength(1)
  })
})

test("the user's init containers, volumes and mounts stay first", () => {
  const mount = { name: 'data', mountPath: '/data' }
  const pod = inject(
    aJob(
      { initContainers: [{ name: 'fetch' }], volumes: [{ name: 'data' }] },
      { command: mnist, volumeMounts: [mount] },
    ),
  )
  expect(pod.spec.initContainers?.map(({ name }) => name)).toEqual(['fetch', 'metrics-logger-and-collector'])
  expect(pod.spec.volumes).toEqual([{ name: 'data' }, { name: 'metrics-volume', emptyDir: {} }])
  expect(pod.spec.containers[0].volumeMounts).toEqual([mount, { name: 'metrics-volume', mountPath: '/var/log/katib' }])
})

test('labels of the trial go over those of the pod', () => {
  const job = aJob(
    {},
    { command: mnist },
    { metadata: { labels: { 'katib.kubeflow.org/experiment': 'x', mine: 'y' } } },
  )
  expect(inject(job).metadata.labels).toEqual({
    mine: 'y',
    'katib.kubeflow.org/experiment': 'random',
    'katib.kubeflow.org/trial': 'random-abcd2345',
  })
})

describe('pods that are not injected', () => {
  test('without the primary container: labels only', () => {
    const pod = inject(aJob(), { primaryContainerName: 'other' })
    expect(pod.spec).toEqual(podOf(aJob()).spec)
    expect(pod.metadata.labels).toHaveProperty('katib.kubeflow.org/trial')
  })

  test('that are not primary by their labels: environment, no collector', () => {
    const pod = inject(aJob(), { primaryPodLabels: { role: 'master' } })
    expect(pod.spec).not.toHaveProperty('initContainers')
    expect(pod.spec.containers[0]).toMatchObject({ command: mnist })
    expect(pod.spec.containers[0].env?.[0].name).toBe('KATIB_TRIAL_NAME')
  })

  test('that are primary by their labels get it', () => {
    const job = aJob({}, { command: mnist }, { metadata: { labels: { role: 'master' } } })
    expect(inject(job, { primaryPodLabels: { role: 'master' } }).spec.initContainers).toHaveLength(1)
  })

  test('labels that only the Job controller adds do not keep the collector away', () => {
    const primaryPodLabels = { 'batch.kubernetes.io/job-completion-index': '0' }
    expect(inject(aJob(), { primaryPodLabels }).spec.initContainers).toHaveLength(1)
  })

  test('of a kind that nobody knows', () => {
    const workflow: Resource = { ...aJob(), apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' }
    const injected = injectCollector(workflow, aTrial())
    expect(injected.spec).toEqual(workflow.spec)
    expect(injected.metadata.labels).toMatchObject({ 'katib.kubeflow.org/experiment': 'random' })
  })
})

describe('a container without a command', () => {
  test('keeps its args and is marked for whoever knows the image', () => {
    const pod = inject(aJob({}, { args: ['--lr=0.03'] }), { earlyStoppingRules: rules })
    expect(pod.spec.containers[0]).not.toHaveProperty('command')
    expect(pod.spec.containers[0].args).toEqual(['--lr=0.03'])
    expect(pendingWrap(pod.metadata.annotations)).toEqual({
      container: 'training-container',
      directory: '/var/log/katib',
      stdout: '/var/log/katib/metrics.log',
      earlyStopping: true,
      values: ['0.03', '3', 'sgd$(HOME)'],
    })
  })

  test('with one there is no mark', () => {
    expect(pendingWrap(inject(aJob()).metadata.annotations)).toBeUndefined()
  })
})

test('nothing of the rendered job is changed in place', () => {
  const job = aJob()
  const before = JSON.stringify(job)
  injectCollector(job, aTrial())
  expect(JSON.stringify(job)).toBe(before)
})
