import { join } from 'node:path'
import { expect, test } from 'vitest'
import { qalam, root, temporaryDirectory } from '../support/qalam.ts'

const manifest = `apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: warned, namespace: default}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  maxTrialCount: 5
  parameters: [{name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}]
  metricsCollectorSpec:
    source:
      filter:
        metricsFormat: ["([A-Z]+)=(.*)"]
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: x, reference: x}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            restartPolicy: Never
            containers: [{name: main, image: i, command: [sh, -c, "./train \${trialParameters.x}; echo done"]}]
`

test('what probably leaves trials without a metric is warned of with its line, and is valid', async () => {
  const { code, stdout, stderr } = await qalam(['validate', '-f', '-'], { input: manifest })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'experiment/warned is valid\n' })
  expect(stderr).toMatch(
    /^warning: -:12 {2}spec.metricsCollectorSpec.source.filter.metricsFormat: no first group takes .*\n$/,
  )
})

test('a sound manifest is valid without a word', async () => {
  const file = join(root, 'examples/digits/experiment.yaml')
  expect(await qalam(['validate', '-f', file])).toEqual({ code: 0, stdout: 'experiment/digits is valid\n', stderr: '' })
})

test('a manifest without a name of its own is called by what the server makes one of, and is not applied', async () => {
  using directory = temporaryDirectory()
  const input = manifest.replace('name: warned', 'generateName: tune-')
  expect(await qalam(['validate', '-f', '-'], { input })).toMatchObject({ stdout: 'experiment/tune-* is valid\n' })
  const dataDir = ['--data-dir', join(directory.path, 'data')]
  for (const verb of ['apply', 'delete']) {
    expect(await qalam([verb, '-f', '-', ...dataDir], { input })).toEqual({
      code: 7,
      stdout: '',
      stderr: expect.stringMatching(
        /-:3 {2}metadata.name: expected the name of the Experiment, got none; `qalam create`/,
      ),
    })
  }
  expect(await qalam(['create', '-f', '-', ...dataDir], { input })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^experiment\/tune-\w{5} created\n$/),
  })
})
