/** Every state in which an experiment can be, with the words that its user must find. */
import { describe, expect, test } from 'vitest'
import { why } from '#server'
import { WhyState } from '../../../server/why/answer.ts'
import type { WhyWorld } from '../../../server/why/world.ts'
import { aSuggestion, aTrial } from '../../support/builders.ts'
import {
  at,
  CREATED,
  condition,
  crashed,
  experiment,
  job,
  over,
  pod,
  RUNS,
  runs,
  trial,
  unscheduled,
  waiting,
  warned,
  won,
  world,
} from './worlds.ts'

/** Every state once at least, each with the words a user must find. */
const table: readonly (readonly [state: WhyState, says: string, next: string, change: Partial<WhyWorld>])[] = [
  ['GoalReached', 'the goal was reached', 'qalam best e', { experiment: won('ExperimentGoalReached') }],
  ['BudgetSpent', 'maxTrialCount trials', 'best', { experiment: won('ExperimentMaxTrialsReached') }],
  [
    'BudgetSpent',
    'have ended, none with a usable objective: "loss" ended as NaN',
    'qalam trials e',
    { experiment: over('Succeeded', 'ExperimentMaxTrialsReached'), trials: [aTrial(0, 'Succeeded', 'NaN')] },
  ],
  [
    'BudgetSpent',
    'maxTrialCount trials',
    'resume e --trials +10',
    { experiment: won('ExperimentMaxTrialsReached', { resumePolicy: 'LongRunning' }) },
  ],
  ['SearchEnded', 'nothing left', 'best', { experiment: won('ExperimentSuggestionEndReached') }],
  ['Succeeded', 'it has succeeded', 'best', { experiment: won('Other') }],
  ['Failed', 'it has failed: max failed', 'trials e', { experiment: over('Failed', 'ExperimentFailed', 'max failed') }],
  ['Failed', 'spec.x: bad', 'qalam validate', { experiment: over('Failed', 'InvalidSpec', 'spec.x: bad') }],
  [
    'Deleting',
    '1 trial with it',
    'wait',
    {
      experiment: { ...experiment(), metadata: { ...experiment().metadata, deletionTimestamp: at } },
      trials: [trial(runs)],
    },
  ],
  [
    'NoServer',
    'nobody serves .qalam; where it was left, 1 trial runs',
    'qalam server',
    { served: 'no', trials: [trial(runs)] },
  ],
  ['NotSeenYet', 'no controller has looked at it', 'qalam server', { experiment: experiment([]), served: 'unknown' }],
  [
    'NotSeenYet',
    'no controller has seen its last change',
    'qalam server',
    { experiment: { ...experiment(), metadata: { ...experiment().metadata, generation: 2 } } },
  ],
  ['StoreAway', 'does not answer: ECONNREFUSED', 'database', { storeAway: 'ECONNREFUSED' }],
  [
    'Paused',
    'suspended by its user, and 1 trial still to end',
    'resume e',
    { experiment: experiment(undefined, { suspend: true }), trials: [trial(runs)] },
  ],
  [
    'SuspendedWithoutMetrics',
    'it has suspended itself: all 3 trials',
    'mend it, then `qalam resume e`',
    {
      experiment: experiment(
        [CREATED, RUNS, condition('Suspended', 'MetricsUnavailable', 'Experiment is suspended: all 3 trials')],
        { suspend: true },
      ),
    },
  ],
  [
    'Running',
    '1 trial runs',
    'to a server with --grpc-port',
    {
      trials: [{ ...trial(runs), spec: { ...trial(runs).spec, metricsCollector: { collector: { kind: 'Custom' } } } }],
    },
  ],
  [
    'NameTaken',
    'no trial can be made: Job e-1 is not ours',
    'delete or rename',
    { experiment: experiment([CREATED, RUNS, condition('Degraded', 'NameTaken', 'Job e-1 is not ours')]) },
  ],
  [
    'TrialKind',
    'no trial can be made: alice may not create runs',
    'ask for the kind or the right',
    { experiment: experiment([CREATED, RUNS, condition('Degraded', 'TrialKind', 'alice may not create runs')]) },
  ],
  [
    'AlgorithmRefuses',
    'random gives no assignments: the algorithm failed and is asked again: singular',
    'mend the settings',
    {
      suggestion: aSuggestion({
        conditions: [condition('Degraded', 'AskFailed', 'the algorithm failed and is asked again: singular')],
      }),
    },
  ],
  [
    'AlgorithmComputing',
    'random computes',
    'wait',
    { suggestion: aSuggestion({ conditions: [condition('Degraded', 'QuasiRandom', 'it took too long')] }) },
  ],
  ['Starting', 'just made', 'wait', { suggestion: undefined }],
  [
    'TemplateProblem',
    'no trial can be made: x is not declared',
    'qalam delete e',
    { experiment: experiment([CREATED, RUNS, condition('Degraded', 'TrialTemplate', 'x is not declared')]) },
  ],
  [
    'ConfigMapMissing',
    'no ConfigMap a/b',
    'by itself',
    { experiment: experiment([CREATED, RUNS, condition('Degraded', 'TrialTemplate', 'no ConfigMap a/b')]) },
  ],
  [
    'TemplateProblem',
    'no trial can be made: x is not declared',
    'qalam delete e',
    { warnings: warned('u-e', 'TrialTemplate', 'x is not declared') },
  ],
  [
    'ConfigMapMissing',
    'no ConfigMap a/b',
    'create',
    { warnings: warned('u-e', 'TrialTemplate', 'no ConfigMap a/b; create it first') },
  ],
  [
    'AlgorithmRefuses',
    'random gives no assignments: seed is no number',
    'mend the settings',
    { suggestion: aSuggestion({ conditions: [condition('Failed', 'SuggestionFailed', 'seed is no number')] }) },
  ],
  [
    'AlgorithmStarting',
    'the service of random is not ready',
    'kubectl -n default describe deployment e-random',
    {
      suggestion: aSuggestion({
        conditions: [
          { ...condition('DeploymentReady', 'DeploymentNotReady', 'Deployment is not ready'), status: 'False' },
        ],
      }),
    },
  ],
  ['AlgorithmComputing', 'random computes', 'wait', {}],
  [
    'CreatingTrials',
    '1 assignment wait',
    'wait',
    { suggestion: aSuggestion({ suggestions: [{ name: 'e-0', index: 0 }] }) },
  ],
  ['Concluding', 'verdict', 'wait', { suggestion: aSuggestion({ searchEnded: true }) }],
  [
    'Running',
    '1 trial runs, 1 wait, 1 of 4 have ended',
    'logs -f',
    { trials: [trial(), aTrial(1, 'Succeeded', '1'), aTrial(2, 'Running')] },
  ],
  [
    'NameTaken',
    'a Job of that name',
    'delete or rename',
    { trials: [trial(condition('Running', 'NameTaken', 'a Job of that name'))] },
  ],
  ['TrialStarting', 'its Job comes next', 'wait', { trials: [trial()] }],
  ['TrialDeleting', 'is being deleted', 'tried again', { trials: [trial(runs, { deletionTimestamp: at })] }],
  [
    'WaitingForQueue',
    'waits in queue team',
    'kubectl get workloads',
    { trials: [trial(runs)], jobs: [job({ suspend: true }, { 'kueue.x-k8s.io/queue-name': 'team' })] },
  ],
  [
    'JobSuspended',
    'its Job is suspended',
    'clear spec.suspend',
    { trials: [trial(runs)], jobs: [job({ suspend: true })] },
  ],
  ['WaitingForPod', 'has made no pod', 'kubectl describe', { trials: [trial(runs)], jobs: [job()] }],
  [
    'PodRefused',
    'its pod is refused: exceeded quota',
    'quota',
    { trials: [trial(runs)], jobs: [job()], warnings: warned('u-job-0', 'FailedCreate', 'exceeded quota') },
  ],
  [
    'WaitingForSlot',
    'it waits for its turn: 2 of 2',
    '--cpus',
    { trials: [trial(runs)], jobs: [job()], pods: [unscheduled('it waits for its turn: 2 of 2')] },
  ],
  ['Unschedulable', '0/3 nodes', 'make room', { trials: [trial(runs)], pods: [unscheduled('0/3 nodes')] }],
  ['Unschedulable', 'gated', 'gate', { trials: [trial(runs)], pods: [unscheduled('gated', 'SchedulingGated')] }],
  [
    'WaitingForImage',
    'container main (image team/x:1) waits for its image: ErrImagePull: because',
    '--image',
    { trials: [trial(runs)], pods: [waiting('ErrImagePull')] },
  ],
  [
    'ContainerCannotStart',
    'CreateContainerConfigError',
    'create what it names',
    { trials: [trial(runs)], pods: [waiting('CreateContainerConfigError')] },
  ],
  [
    'ContainerCannotStart',
    'RunContainerError',
    'command',
    { trials: [trial(runs)], pods: [waiting('RunContainerError')] },
  ],
  [
    'ContainerCrashes',
    'again and again',
    'qalam logs e-0',
    { trials: [trial(runs)], pods: [waiting('CrashLoopBackOff')] },
  ],
  [
    'PodStarting',
    'is being started',
    'kubectl describe pod',
    { trials: [trial(runs)], pods: [waiting('ContainerCreating')] },
  ],
  [
    'PodEnding',
    'has failed (Evicted)',
    'wait',
    { trials: [trial(runs)], pods: [pod({ phase: 'Failed', reason: 'Evicted' })] },
  ],
  [
    'PodEnding',
    'pod e-0-pod has failed (exit code 3: no data)',
    'wait',
    { trials: [trial(runs)], jobs: [job({ backoffLimit: 0 })], pods: [crashed] },
  ],
  [
    'PodRetried',
    'trial e-0 failed 2 times (exit code 3: no data), and its Job tries again after a while: backoffLimit is 6',
    'qalam logs e-0',
    { trials: [trial(runs)], jobs: [job()], pods: [crashed, crashed] },
  ],
  [
    'PodStarting',
    'is being started',
    'kubectl describe pod',
    { trials: [trial(runs)], jobs: [job()], pods: [crashed, waiting('ContainerCreating')] },
  ],
  [
    'AwaitingMetrics',
    '"loss" are awaited until 2026-01-01T10:05:00Z',
    'collector',
    { trials: [trial(condition('Running', 'WaitingForMetrics'))] },
  ],
  [
    'Stopping',
    'is being stopped, to be Killed',
    'checkpoint',
    { trials: [trial(condition('Running', 'Stopping', 'to be Killed: over'))] },
  ],
  [
    'TrialWaits',
    'waits: something new',
    'describe e-0',
    { trials: [trial(condition('Running', 'TrialPending', 'Trial waits: something new'))] },
  ],
]

describe('an experiment', () => {
  test.each(table)('%s: %s', (state, says, next, change) => {
    const told = why(world(change))
    expect(told.state).toBe(state)
    expect(told.sentence).toContain(says)
    expect(told.next).toContain(next)
  })

  test('several that wait: the first, and how many more', () => {
    const told = why(world({ trials: [trial(), aTrial(1)] }))
    expect(told.sentence).toBe('trial e-0 was made, and its Job comes next (and 1 more wait)')
  })

  test('a pod that runs is told of as running, whatever its neighbours do', () => {
    const told = why(world({ trials: [trial(runs)], pods: [waiting('ContainerCreating'), pod({ phase: 'Running' })] }))
    expect(told.state).toBe('Running')
  })

  test('what was wrong before the latest trial was made is not told any more', () => {
    const told = why(world({ warnings: warned('u-e', 'TrialTemplate', 'x'), trials: [aTrial(1, 'Succeeded', '1')] }))
    expect(told.state).toBe('AlgorithmComputing')
  })

  test('offline and paused: both next steps', () => {
    const told = why(
      world({
        served: 'no',
        startWith: 'qalam server --data-dir /data',
        experiment: experiment(undefined, { suspend: true }),
      }),
    )
    expect(told.next).toBe('start one: `qalam server --data-dir /data`; `qalam resume e` goes on')
  })

  test('the table has every state that an experiment can be in', () => {
    const missing = WhyState.options.filter(state => !table.some(([told]) => told === state))
    expect(missing).toEqual(['TrialEnded', 'MetricsUnavailable'])
  })
})
