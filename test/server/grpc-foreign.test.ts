/** What services that are not ours are told, and what of their answers is used. */
import { describe, expect, test } from 'vitest'
import type { Objective, Parameter } from '#api'
import { experimentMessage, trialMessages } from '../../server/grpc/experiment-message.ts'
import { checkedAssignments } from '../../server/grpc/foreign-reply.ts'

const parameters: readonly Parameter[] = [
  { name: 'lr', parameterType: 'double', feasibleSpace: { min: '0.01', max: '0.1', distribution: 'logUniform' } },
  { name: 'layers', parameterType: 'int', feasibleSpace: { min: '1', max: '5', step: '2', distribution: 'uniform' } },
  { name: 'size', parameterType: 'discrete', feasibleSpace: { list: ['0.50', '1'] } },
  { name: 'kind', parameterType: 'categorical', feasibleSpace: { list: ['sgd', 'adam'] } },
]
const objective: Objective = {
  type: 'maximize',
  goal: 0.9,
  objectiveMetricName: 'accuracy',
  additionalMetricNames: ['loss'],
  metricStrategies: [
    { name: 'accuracy', value: 'max' },
    { name: 'loss', value: 'min' },
  ],
}

const good = { lr: '0.05', layers: '3', size: '0.5', kind: 'adam' }
const reply = (
  ...each: readonly (Readonly<Record<string, string>> | { readonly labels: Record<string, string> })[]
) => ({
  parameterAssignments: each.map(values => {
    const { labels = {}, ...rest } = values as { labels?: Record<string, string> }
    return { assignments: Object.entries({ ...good, ...rest }).map(([name, value]) => ({ name, value })), labels }
  }),
})

describe('replies', () => {
  test('of the space: in the order of the Experiment, as written', () => {
    const [first] = checkedAssignments(reply({ labels: { 'a.b/generation': '1' } }), parameters, 1)
    expect(first).toEqual({
      labels: { 'a.b/generation': '1' },
      parameterAssignments: Object.entries(good).map(([name, value]) => ({ name, value })),
    })
  })

  test('a bound that is missed by a rounding is reached', () => {
    expect(() => checkedAssignments(reply({ lr: '0.10000000000000002' }), parameters, 1)).not.toThrow()
  })

  test.each([
    { given: reply({}), count: 2, says: 'parameter_assignments: expected 2, as many as asked for, got 1' },
    { given: reply({ lr: '0.2' }), says: 'lr: expected a number from 0.01 to 0.1, got "0.2"' },
    { given: reply({ lr: 'nan' }), says: 'lr: expected a number from 0.01 to 0.1, got "nan"' },
    { given: reply({ layers: '2.5' }), says: 'layers: expected an integer from 1 to 5, got "2.5"' },
    { given: reply({ size: '2' }), says: 'size: expected one of 0.50, 1, got "2"' },
    { given: reply({ kind: 'SGD' }), says: 'kind: expected one of sgd, adam, got "SGD"' },
    { given: reply({ more: '1' }), says: 'parameter_assignments[0]: there is no parameter "more"' },
    { given: reply({ labels: { step: 'a b' } }), says: '"step": "a b" cannot be a label of Kubernetes' },
    {
      given: { parameterAssignments: [{ assignments: [{ name: 'lr', value: '0.05' }], labels: {} }] },
      says: 'parameter_assignments[0]: expected layers once, got it 0 times',
    },
  ])('not used: $says', ({ given, count = 1, says }) => {
    expect(() => checkedAssignments(given, parameters, count)).toThrow(says)
  })
})

test('an Experiment: bounds as text, enumerations of the wire, no count where there is no budget', () => {
  const problem = { parameters, objectiveCount: 1, parallelTrialCount: 2 }
  const algorithm = { algorithmName: 'mine', algorithmSettings: [{ name: 'a', value: '1' }] }
  expect(experimentMessage({ name: 'tune', problem, objective, algorithm }).spec).toMatchObject({
    parameterSpecs: {
      parameters: [
        { parameterType: 'DOUBLE', feasibleSpace: { min: '0.01', max: '0.1', step: '', distribution: 'LOG_UNIFORM' } },
        { parameterType: 'INT', feasibleSpace: { step: '2', distribution: 'UNIFORM' } },
        { parameterType: 'DISCRETE', feasibleSpace: { list: ['0.50', '1'], distribution: 'DISTRIBUTION_UNSPECIFIED' } },
        { parameterType: 'CATEGORICAL' },
      ],
    },
    objective: { type: 'MAXIMIZE', goal: 0.9, additionalMetricNames: ['loss'] },
    algorithm,
    earlyStopping: null,
    maxTrialCount: 0,
  })
})

test('trials: one value a metric by its strategy; those that say nothing are left out', () => {
  const assignments = [{ name: 'lr', value: '0.05' }]
  const metric = { name: 'accuracy', min: '0.1', max: '0.8', latest: '0.7' }
  const text = { name: 'loss', min: 'unavailable', max: 'unavailable', latest: 'small' }
  const told = trialMessages(
    [
      { index: 0, name: 'a', phase: 'Succeeded', assignments, metrics: [metric, text], startTime: 'then' },
      { index: 1, name: 'b', phase: 'Running', assignments, labels: { step: '1' } },
      { index: 2, name: 'c', phase: 'MetricsUnavailable', assignments },
      { index: 3, name: 'd', phase: 'EarlyStopped', assignments },
      { index: 4, name: 'e', phase: 'EarlyStopped', assignments, metrics: [metric] },
    ],
    objective,
  )
  expect(told.map(({ name, status }) => [name, status?.condition])).toEqual([
    ['a', 'SUCCEEDED'],
    ['b', 'RUNNING'],
    ['e', 'EARLYSTOPPED'],
  ])
  expect(told[0]?.status).toMatchObject({ startTime: 'then', completionTime: '0001-01-01T00:00:00Z' })
  expect(told[0]?.status?.observation?.metrics).toEqual([
    { name: 'accuracy', value: '0.8' },
    { name: 'loss', value: 'small' },
  ])
  expect(told[1]?.spec?.labels).toEqual({ step: '1' })
})
