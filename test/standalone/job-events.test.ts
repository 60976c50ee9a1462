import { expect, test } from 'vitest'
import { conditionNews, podNews } from '../../standalone/job-controller/job-events.ts'
import type { Job, JobCondition } from '../../standalone/job-controller/job-types.ts'

const job = (conditions: readonly JobCondition[] = []): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'train', namespace: 'default', uid: 'u' },
  spec: { template: { spec: { containers: [{ name: 'main' }] } } },
  status: { conditions },
})
const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [] } }) as const
const is = (type: JobCondition['type'], status: 'True' | 'False', reason = '', message = '') =>
  ({ type, status, reason, message }) as const

test('pods that were made and told to end', () => {
  const told = podNews(job(), { create: [pod('train-a')], delete: [pod('train-b')] })
  expect(told.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'SuccessfulCreate: Created pod: train-a',
    'SuccessfulDelete: Deleted pod: train-b',
  ])
})

test.each<[string, readonly JobCondition[], readonly JobCondition[], readonly string[]]>([
  ['is complete', [], [is('SuccessCriteriaMet', 'True'), is('Complete', 'True')], ['Normal Completed: Job completed']],
  ['was complete before', [is('Complete', 'True')], [is('Complete', 'True')], []],
  [
    'has used its retries',
    [is('FailureTarget', 'True')],
    [is('FailureTarget', 'True'), is('Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the limit')],
    ['Warning BackoffLimitExceeded: Job has reached the limit'],
  ],
  ['is suspended', [], [is('Suspended', 'True')], ['Normal Suspended: Job suspended']],
  ['goes on', [is('Suspended', 'True')], [is('Suspended', 'False')], ['Normal Resumed: Job resumed']],
])('a Job that %s', (_, before, after, expected) => {
  const told = conditionNews(job(before), { conditions: after })
  expect(told.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual(expected)
})
