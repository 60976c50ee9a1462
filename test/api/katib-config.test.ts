import { expect, test } from 'vitest'
import { KATIB_CONFIG, parseKatibConfig, trialKindOf } from '#api'

test('of a config every problem is told at once: where, what was expected, what came', () => {
  const read = parseKatibConfig({
    apiVersion: 'config.kubeflow.org/v1',
    kind: 'KatibConfig',
    images: 'foreign',
    init: { controller: { trialResources: ['Job.batch', 'Job.v1.batch'], webhookPort: '8443' } },
    runtime: {
      metricsCollectors: [
        { kind: 'StdOut' },
        { kind: 'File', image: ' ', resources: { limits: { cpu: '5 cores' } }, waitAllProcesses: 'no' },
      ],
      suggestions: {},
      earlyStoppings: [{ image: 'a' }],
    },
  })
  expect('problems' in read && read.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'apiVersion: expected config.kubeflow.org/v1beta1, got "config.kubeflow.org/v1"',
    'images: expected built-in or literal, got "foreign"',
    'init.controller.trialResources[0]: expected Kind.version.group such as Job.v1.batch, got "Job.batch"',
    'init.controller.webhookPort: expected a number, got "8443"',
    'runtime.metricsCollectors[0].image: expected a string, got nothing',
    'runtime.metricsCollectors[1].image: expected the name of an image, got " "',
    'runtime.metricsCollectors[1].resources.limits.cpu: expected a quantity such as 500m or 1Gi, got "5 cores"',
    'runtime.metricsCollectors[1].waitAllProcesses: expected true or false, got "no"',
    'runtime.suggestions: expected a list, got an object',
    'runtime.earlyStoppings[0].algorithmName: expected a string, got nothing',
  ])
})

test('nulls count as absent, and fields of a container that nobody here reads are kept', () => {
  const container = { algorithmName: 'mine', image: 'team/mine:1', env: [{ name: 'A', value: '1' }] }
  const read = parseKatibConfig({ ...KATIB_CONFIG, init: null, runtime: { suggestions: [container] } })
  expect(read).toEqual({ config: { ...KATIB_CONFIG, runtime: { suggestions: [container] } } })
})

test('a kind of trials is its API version and kind', () => {
  expect(trialKindOf('TrainJob.v1alpha1.trainer.kubeflow.org')).toEqual({
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
  })
})
