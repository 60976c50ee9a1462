import { describe, expect, test } from 'vitest'
import type { Experiment, ExperimentStatus } from '#api'
import { defaultExperiment, isCompleted, isRestartable } from '#controller'
import { aDouble, aList, anExperiment, aTemplate, faults } from './an-experiment.ts'

const succeeded = (reason: string): ExperimentStatus => ({
  trials: 6,
  conditions: [{ type: 'Succeeded', status: 'True', reason }],
})
const running: ExperimentStatus = { trials: 4, conditions: [{ type: 'Running', status: 'True' }] }
const ended = succeeded('ExperimentMaxTrialsReached')
const forbidden = ['spec: Forbidden']

const LongRunning = { resumePolicy: 'LongRunning' } as const
const never = { resumePolicy: 'Never' } as const

test.each([
  { name: 'nothing changed', old: {}, next: {}, status: running, faults: [] },
  {
    name: 'budgets of a running one go up',
    old: {},
    next: { maxTrialCount: 9, parallelTrialCount: 3 },
    status: running,
    faults: [],
  },
  { name: 'and down, below what was made', old: {}, next: { maxTrialCount: 3 }, status: running, faults: [] },
  { name: 'a limit is taken away', old: {}, next: { maxFailedTrialCount: undefined }, status: running, faults: [] },
  { name: 'suspend', old: {}, next: { suspend: true }, status: running, faults: [] },
  { name: 'deadlines', old: {}, next: { trialDeadlines: { runningSeconds: 9 } }, status: running, faults: [] },
  { name: 'the seed', old: {}, next: { seed: 1 }, status: running, faults: forbidden },
  {
    name: 'the algorithm',
    old: {},
    next: { algorithm: { algorithmName: 'grid' } },
    status: running,
    faults: forbidden,
  },
  {
    name: 'the objective',
    old: {},
    next: { objective: { type: 'maximize', objectiveMetricName: 'loss' } },
    status: running,
    faults: forbidden,
  },
  {
    name: 'a bound',
    old: {},
    next: { parameters: [aDouble('lr', '0.01', '0.2'), aList('optimizer', ['sgd', 'adam'])] },
    status: running,
    faults: forbidden,
  },
  {
    name: 'the template, from absent to false',
    old: {},
    next: { trialTemplate: aTemplate({ trialSpec: { ...aTemplate().trialSpec, suspend: false } }) },
    status: running,
    faults: ['spec: Forbidden', 'spec.trialTemplate.trialSpec.suspend: Invalid'],
  },
  {
    name: 'false and absent mean the same',
    old: { trialTemplate: aTemplate({ retain: false }) },
    next: {},
    status: running,
    faults: [],
  },
  {
    name: 'a field in a list item that Katib does not know is missing',
    old: { parameters: [{ ...aDouble('lr', '0.01', '0.1'), unit: 'per step' }, aList('optimizer', ['sgd', 'adam'])] },
    next: { maxTrialCount: 9 },
    status: running,
    faults: [],
  },
  {
    name: 'a value of a first trial is missing',
    old: { initialTrials: [{ lr: '0.1', optimizer: 'sgd' }] },
    next: { initialTrials: [{ lr: '0.1' }] },
    status: running,
    faults: forbidden,
  },
  {
    name: 'a field in a list item that Katib knows is missing',
    old: { parameters: [aDouble('lr', '0.01', '0.1', { step: '0.01' }), aList('optimizer', ['sgd', 'adam'])] },
    next: { maxTrialCount: 9 },
    status: running,
    faults: forbidden,
  },

  {
    name: 'LongRunning goes on',
    old: LongRunning,
    next: { ...LongRunning, maxTrialCount: 9 },
    status: ended,
    faults: [],
  },
  {
    name: 'without a limit',
    old: LongRunning,
    next: { ...LongRunning, maxTrialCount: undefined },
    status: ended,
    faults: [],
  },
  {
    name: 'but not below what was made',
    old: LongRunning,
    next: { ...LongRunning, maxTrialCount: 5 },
    status: ended,
    faults: ['spec.maxTrialCount: Invalid'],
  },
  {
    name: 'Never does not',
    old: never,
    next: { maxTrialCount: 9 },
    status: ended,
    faults: ['spec.resumePolicy: Invalid'],
  },
  {
    name: 'a reached goal stays reached',
    old: LongRunning,
    next: { ...LongRunning, maxTrialCount: 9 },
    status: succeeded('ExperimentGoalReached'),
    faults: ['spec.resumePolicy: Invalid'],
  },
  { name: 'suspending a finished one is nothing', old: never, next: { suspend: true }, status: ended, faults: [] },
])('$name', row => {
  const old = defaultExperiment(anExperiment(row.old, { status: row.status }))
  const next = anExperiment(row.next, { status: row.status })
  expect(faults(next, { old })).toEqual(row.faults)
})

test('an unchanged spec is not judged again', () => {
  const broken = { maxTrialCount: -1 }
  const old = defaultExperiment(anExperiment(broken))
  expect(faults(anExperiment(broken), { old })).toEqual([])
  expect(faults(anExperiment({ ...broken, suspend: true }), { old })).not.toEqual([])
})

describe('ends', () => {
  const experiment = (reason: string, resumePolicy: string): Experiment =>
    anExperiment({ resumePolicy }, { status: succeeded(reason) })
  test.each([
    ['ExperimentMaxTrialsReached', 'LongRunning', true],
    ['ExperimentMaxTrialsReached', 'FromVolume', true],
    ['ExperimentMaxTrialsReached', 'Never', false],
    ['ExperimentGoalReached', 'LongRunning', false],
  ])('%s with %s may go on: %s', (reason, policy, may) => {
    expect(isRestartable(experiment(reason, policy))).toBe(may)
    expect(isCompleted(experiment(reason, policy))).toBe(true)
  })
})
