import { expect, test } from 'vitest'
import { aJob, anExperiment, aTemplate, messages } from './an-experiment.ts'

const JOB = { apiVersion: 'batch/v1', kind: 'Job' }
const conditions = { successCondition: 'status.phase', failureCondition: 'status.error' }
const ofKind = (apiVersion: string, kind: string) =>
  anExperiment({ trialTemplate: aTemplate({ ...conditions, trialSpec: { ...aJob(), apiVersion, kind } }) })

test('a kind on the list is admitted, and every kind where there is no list', () => {
  expect(messages(anExperiment(), { allowedKinds: [JOB] })).toEqual([])
  expect(messages(ofKind('example.com/v1', 'Run'))).toEqual([])
})

test.each([
  ['another kind', 'example.com/v1', 'Run'],
  ['another version', 'batch/v2', 'Job'],
  ['another group', 'v1', 'Job'],
])('%s than those of the list is refused, with the list', (_, apiVersion, kind) => {
  expect(messages(ofKind(apiVersion, kind), { allowedKinds: [JOB] })).toEqual([
    `spec.trialTemplate.trialSpec.kind: expected a kind that the operator allows (Job of batch/v1), got ${kind} of ${apiVersion}; ask for it in trialResources`,
  ])
})

test('of a ConfigMap template the kind counts too', () => {
  const configMap = { configMapName: 'templates', configMapNamespace: 'lab', templatePath: 'run.yaml' }
  const experiment = anExperiment({ trialTemplate: aTemplate({ ...conditions, trialSpec: undefined, configMap }) })
  const text = JSON.stringify({ ...aJob(), apiVersion: 'example.com/v1', kind: 'Run' })
  expect(messages(experiment, { allowedKinds: [JOB], template: { text } })).toEqual([
    expect.stringContaining('spec.trialTemplate.configMap.kind: expected a kind that the operator allows'),
  ])
})

test('a kind that a parameter fills in is refused, list or not', () => {
  expect(messages(ofKind('batch/v1', 'J${trialParameters.rate}'))).toContainEqual(
    expect.stringContaining('spec.trialTemplate.trialSpec.kind: expected the same kind for every trial'),
  )
})
