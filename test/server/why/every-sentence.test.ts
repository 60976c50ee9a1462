/** Whatever conditions, pods and jobs say, there is a sentence and a next step. */
import { describe, expect, test } from 'vitest'
import type { Resource, Trial } from '#api'
import { trialWhy, why } from '#server'
import { type Why, WhyState } from '../../../server/why/answer.ts'
import { aSuggestion, aTrial } from '../../support/builders.ts'
import { at, condition, experiment, job, pod, runs, trial, unscheduled, waiting, world } from './worlds.ts'

describe('a trial that has ended', () => {
  test.each(['Succeeded', 'Failed', 'Killed', 'EarlyStopped'])('%s', phase => {
    expect(trialWhy(world({}), aTrial(0, phase)).state).toBe('TrialEnded')
  })
  test('without its metric: the sentence of its condition', () => {
    const silent = aTrial(0, 'MetricsUnavailable')
    const message = 'Metrics are not available: standard output is empty; print it. Job message: done'
    const conditions = [condition('MetricsUnavailable', 'MetricsUnavailable', message)]
    const told = trialWhy(world({}), { ...silent, status: { conditions } })
    expect(told).toMatchObject({
      state: 'MetricsUnavailable',
      sentence: 'trial e-0: standard output is empty; print it',
    })
  })
})

describe('no state is without a sentence', () => {
  const types = ['Created', 'Running', 'Restarting', 'Suspended', 'Succeeded', 'Failed', 'Degraded', 'Foreign']
  const reasons = [
    '',
    'ExperimentRunning',
    'MetricsUnavailable',
    'InvalidSpec',
    'NameTaken',
    'TrialTemplate',
    'Unheard',
  ]
  const trialReasons = [
    '',
    'TrialRunning',
    'TrialPending',
    'WaitingForMetrics',
    'StoreUnreachable',
    'Stopping',
    'NameTaken',
    'Unheard',
  ]
  const phases = ['Succeeded', 'Failed', 'Killed', 'EarlyStopped', 'MetricsUnavailable', undefined]
  const podReasons = ['ContainerCreating', 'PodInitializing', 'ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull']
  const others = ['InvalidImageName', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff', 'Unheard', '']
  const podPhases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown', undefined]
  const pods: readonly (readonly Resource[])[] = [
    [],
    ...[...podReasons, ...others].map(reason => [waiting(reason)]),
    ...podPhases.map(phase => [pod({ phase })]),
    [unscheduled('')],
    [{ ...pod({}), status: undefined }],
  ]
  const experiments = types.flatMap(type =>
    reasons.flatMap(reason =>
      ['True', 'False', 'Unknown'].flatMap(status =>
        [true, false].map(suspend => experiment([condition(type, reason, '', status)], { suspend })),
      ),
    ),
  )
  const trials: readonly Trial[] = [
    ...phases.map(phase => aTrial(0, phase)),
    ...trialReasons.map(reason => trial(condition('Running', reason))),
    trial(undefined, { deletionTimestamp: at }),
  ]

  /** Each distinct answer once: there are many more worlds than sentences. */
  function check(answers: readonly Why[]): void {
    const distinct = new Map(answers.map(told => [JSON.stringify(told), told]))
    for (const told of distinct.values()) checkOne(told)
  }

  function checkOne(told: Why): void {
    expect(WhyState.options).toContain(told.state)
    expect(told.sentence).toMatch(/^[a-z#\d][^\n]{8,}[^.\s:]$/)
    expect(told.next).toMatch(/\S{3}.*[^.]$/)
    expect(`${told.sentence} ${told.next}`).not.toMatch(/undefined|null|NaN|\[object/)
  }

  test('conditions of experiments x who serves x one trial', () => {
    const served = ['yes', 'no', 'unknown'] as const
    const some = [[], [trials[0]], [trial(runs)]]
    check(
      experiments.flatMap(each =>
        served.flatMap(by => some.map(held => why(world({ experiment: each, served: by, trials: held })))),
      ),
    )
  })

  test('conditions of trials x pods x jobs', () => {
    const jobs = [[], [job()], [job({ suspend: true })], [job({ suspend: true }, { 'kueue.x-k8s.io/queue-name': 'q' })]]
    const worlds = trials.flatMap(one =>
      pods.flatMap(held => jobs.map(made => ({ one, looked: world({ trials: [one], pods: held, jobs: made }) }))),
    )
    check(worlds.flatMap(({ one, looked }) => [trialWhy(looked, one), why(looked)]))
  })

  test('suggestions', () => {
    const types = ['Failed', 'Running', 'DeploymentReady', 'Succeeded']
    const all = types.flatMap(type =>
      reasons.flatMap(reason => ['True', 'False'].map(status => condition(type, reason, '', status))),
    )
    check(all.map(each => why(world({ suggestion: aSuggestion({ conditions: [each] }) }))))
  })
})
