import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createClient, kubeconfigTransport } from '#kube'
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

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'oddjobs.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { kind: 'OddJob', plural: 'oddjobs' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

test('a kind that nobody serves is refused at once; one that goes later fails trials in time, and they say so', async () => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const at = ['--data-dir', data]
  const file = join(directory.path, 'experiment.yaml')
  writeFileSync(file, stringify(experiment))
  const validated = await qalam(['validate', '-f', file])
  expect(validated.stderr).toContain('OddJob of example.org/v1, which one machine does not run')
  const server = start(['server', ...at])
  const over = finished(server)
  await says(server, 'stdout', /^ready /m)
  const refused = await qalam(['apply', '-f', file, ...at])
  expect(refused.code).toBe(7)
  expect(refused.stderr).toMatch(
    /trialSpec\.kind.*: expected a kind that this server serves, got OddJob of example\.org\/v1; write a Job/,
  )

  await using transport = await kubeconfigTransport(join(data, 'kubeconfig'))
  const client = createClient(transport)
  await client.create(definition)
  const suspended = { ...experiment, spec: { ...experiment.spec, suspend: true } }
  await client.create(suspended)
  const { apiVersion, kind, metadata } = definition
  await client.delete({ apiVersion, kind, name: metadata.name })
  const named = { apiVersion: experiment.apiVersion, kind: experiment.kind, ...experiment.metadata }
  await client.patch(named, { spec: { suspend: null } })
  // The command waits for the experiment's end beside the server that runs it.
  const { code, stderr } = await qalam(['run', '-f', file, ...at])
  expect(stderr).toContain('no OddJob of example.org/v1 could be made; is that kind served here?')
  expect(code).toBe(3)
  server.kill('SIGTERM')
  expect((await over).code).toBe(0)
})
