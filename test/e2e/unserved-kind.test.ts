import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { finished, qalam, says, start, temporaryDirectory } from '../support/qalam.ts'

const experiment = {
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Experiment',
  metadata: { name: 'unserved', namespace: 'default' },
  spec: {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    algorithm: { algorithmName: 'random' },
    maxTrialCount: 2,
    parallelTrialCount: 2,
    maxFailedTrialCount: 1,
    metricsCollectorSpec: { collector: { kind: 'Push' } },
    trialDeadlines: { pendingSeconds: 20 },
    parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }],
    trialTemplate: {
      primaryContainerName: 'main',
      trialParameters: [{ name: 'x', reference: 'x' }],
      successCondition: 'status.done',
      failureCondition: 'status.failed',
      trialSpec: { apiVersion: 'example.org/v1', kind: 'OddJob', spec: { x: '${trialParameters.x}' } },
    },
  },
}

test('trials of a kind that nobody serves fail in time and say so; the server ends at the first signal', async () => {
  using directory = temporaryDirectory()
  const at = ['--data-dir', join(directory.path, 'data')]
  const file = join(directory.path, 'experiment.yaml')
  writeFileSync(file, stringify(experiment))
  const server = start(['server', ...at])
  const over = finished(server)
  await says(server, 'stdout', /^ready /m)
  // The command waits for the experiment's end beside the server that runs it.
  const { code, stderr } = await qalam(['run', '-f', file, ...at])
  expect(stderr).toContain('no OddJob of example.org/v1 could be made; is that kind served here?')
  expect(code).toBe(3)
  server.kill('SIGTERM')
  expect((await over).code).toBe(0)
})
