import { describe, expect, test } from 'vitest'
import { DEFAULT_ALGORITHM, defaultExperiment } from '#controller'
import { aDouble, aJob, aList, anExperiment, aTemplate } from './an-experiment.ts'

const specOf = (changes: Parameters<typeof anExperiment>[0]) => defaultExperiment(anExperiment(changes)).spec

test('a second call changes nothing', () => {
  const once = defaultExperiment(anExperiment({ parallelTrialCount: undefined, algorithm: undefined }))
  expect(defaultExperiment(once)).toEqual(once)
})

test('counts and policy', () => {
  expect(specOf({ parallelTrialCount: undefined })).toMatchObject({ parallelTrialCount: 3, resumePolicy: 'Never' })
  expect(specOf({ parallelTrialCount: 5, resumePolicy: 'LongRunning' })).toMatchObject({
    parallelTrialCount: 5,
    resumePolicy: 'LongRunning',
  })
  expect(specOf({ maxTrialCount: undefined }).maxTrialCount).toBeUndefined()
})

test.each([
  { algorithm: undefined, name: DEFAULT_ALGORITHM },
  { algorithm: {}, name: DEFAULT_ALGORITHM },
  { algorithm: { algorithmName: '' }, name: DEFAULT_ALGORITHM },
  { algorithm: { algorithmName: 'grid' }, name: 'grid' },
])('algorithm $algorithm is stored as $name', ({ algorithm, name }) => {
  expect(specOf({ algorithm }).algorithm?.algorithmName).toBe(name)
})

test('settings of an algorithm without a name are kept', () => {
  const algorithmSettings = [{ name: 'random_state', value: '1' }]
  expect(specOf({ algorithm: { algorithmSettings } }).algorithm).toEqual({
    algorithmName: DEFAULT_ALGORITHM,
    algorithmSettings,
  })
})

test('architecture search gets no algorithm', () => {
  expect(specOf({ algorithm: undefined, nasConfig: {}, parameters: undefined }).algorithm).toBeUndefined()
})

describe('metric strategies', () => {
  test.each([
    {
      name: 'the objective and then each additional metric, by the objective',
      objective: { type: 'minimize', objectiveMetricName: 'loss', additionalMetricNames: ['accuracy', 'time'] },
      strategies: ['loss=min', 'accuracy=min', 'time=min'],
    },
    {
      name: 'maximize',
      objective: { type: 'maximize', objectiveMetricName: 'accuracy', additionalMetricNames: ['loss'] },
      strategies: ['accuracy=max', 'loss=max'],
    },
    {
      name: "the user's come first, in their order",
      objective: {
        type: 'maximize',
        objectiveMetricName: 'accuracy',
        additionalMetricNames: ['loss', 'time'],
        metricStrategies: [
          { name: 'time', value: 'latest' },
          { name: 'accuracy', value: 'latest' },
        ],
      },
      strategies: ['time=latest', 'accuracy=latest', 'loss=max'],
    },
  ])('$name', ({ objective, strategies }) => {
    const completed = specOf({ objective }).objective?.metricStrategies
    expect(completed?.map(({ name, value }) => `${name}=${value}`)).toEqual(strategies)
  })
})

describe('conditions by kind', () => {
  const is = (type: string) => `status.conditions.#(type=="${type}")#|#(status=="True")#`
  const master = { 'training.kubeflow.org/job-role': 'master' }
  const node = { 'jobset.sigs.k8s.io/replicatedjob-name': 'node', 'batch.kubernetes.io/job-completion-index': '0' }
  test.each([
    { kind: 'Job', success: is('Complete'), failure: is('Failed'), labels: undefined },
    { kind: 'TFJob', success: is('Succeeded'), failure: is('Failed'), labels: master },
    { kind: 'PyTorchJob', success: is('Succeeded'), failure: is('Failed'), labels: master },
    { kind: 'XGBoostJob', success: is('Succeeded'), failure: is('Failed'), labels: master },
    { kind: 'MPIJob', success: is('Succeeded'), failure: is('Failed'), labels: master },
    { kind: 'TrainJob', success: is('Complete'), failure: is('Failed'), labels: node },
    { kind: 'Workflow', success: undefined, failure: undefined, labels: undefined },
  ])('$kind', ({ kind, success, failure, labels }) => {
    const template = specOf({
      trialTemplate: aTemplate({ trialSpec: aJob({}, { kind, apiVersion: 'any/v1' }) }),
    }).trialTemplate
    expect(template?.successCondition).toBe(success)
    expect(template?.failureCondition).toBe(failure)
    expect(template?.primaryPodLabels).toEqual(labels)
    expect(template?.primaryContainerName).toBe('train')
  })

  test("the user's are kept", () => {
    const own = { successCondition: 'status.ok', primaryPodLabels: { role: 'chief' } }
    const template = specOf({
      trialTemplate: aTemplate({ ...own, trialSpec: aJob({}, { kind: 'TFJob' }) }),
    }).trialTemplate
    expect(template).toMatchObject({ ...own, failureCondition: is('Failed') })
  })

  test('a ConfigMap template gets none', () => {
    const configMap = { configMapName: 'a', configMapNamespace: 'b', templatePath: 'c' }
    const template = specOf({ trialTemplate: aTemplate({ trialSpec: undefined, configMap }) }).trialTemplate
    expect(template?.successCondition).toBeUndefined()
  })
})

describe('collectors', () => {
  test.each([
    { name: 'none given', spec: undefined, collected: { collector: { kind: 'StdOut' } } },
    { name: 'only a source', spec: { source: {} }, collected: { source: {}, collector: { kind: 'StdOut' } } },
    { name: 'Push', spec: { collector: { kind: 'Push' } }, collected: { collector: { kind: 'Push' } } },
    {
      name: 'File',
      spec: { collector: { kind: 'File' } },
      collected: {
        collector: { kind: 'File' },
        source: { fileSystemPath: { kind: 'File', path: '/var/log/katib/metrics.log', format: 'TEXT' } },
      },
    },
    {
      name: 'File with a format and a filter',
      spec: {
        collector: { kind: 'File' },
        source: { fileSystemPath: { path: '/a', format: 'JSON' }, filter: { metricsFormat: ['x'] } },
      },
      collected: {
        collector: { kind: 'File' },
        source: { fileSystemPath: { kind: 'File', path: '/a', format: 'JSON' }, filter: { metricsFormat: ['x'] } },
      },
    },
    {
      name: 'TensorFlowEvent',
      spec: { collector: { kind: 'TensorFlowEvent' } },
      collected: {
        collector: { kind: 'TensorFlowEvent' },
        source: { fileSystemPath: { kind: 'Directory', path: '/var/log/katib/tfevent/' } },
      },
    },
    {
      name: 'PrometheusMetric',
      spec: { collector: { kind: 'PrometheusMetric' }, source: { httpGet: { port: 0 } } },
      collected: { collector: { kind: 'PrometheusMetric' }, source: { httpGet: { path: '/metrics', port: 8080 } } },
    },
    {
      name: 'PrometheusMetric as given',
      spec: { collector: { kind: 'PrometheusMetric' }, source: { httpGet: { port: 'web', path: '/m' } } },
      collected: { collector: { kind: 'PrometheusMetric' }, source: { httpGet: { port: 'web', path: '/m' } } },
    },
  ])('$name', ({ spec, collected }) => {
    expect(specOf({ metricsCollectorSpec: spec }).metricsCollectorSpec).toEqual(collected)
  })
})

test('every parameter gets a distribution, categorical ones too; those of operations do not', () => {
  const parameters = [aDouble('a', '0', '1', { distribution: 'normal' }), aDouble('b', '0', '1'), aList('c', ['x'])]
  const operations = [{ operationType: 'conv', parameters: [aList('size', ['3'])] }]
  const spec = specOf({ parameters, nasConfig: { operations } })
  expect(spec.parameters?.map(parameter => parameter.feasibleSpace.distribution)).toEqual([
    'normal',
    'uniform',
    'uniform',
  ])
  expect(spec.nasConfig?.operations?.[0].parameters?.[0].feasibleSpace).toEqual({ list: ['3'] })
})

test('unknown fields stay', () => {
  expect(specOf({ mine: { a: 1 } } as object)).toMatchObject({ mine: { a: 1 } })
})
