import { describe, expect, test } from 'vitest'
import type { Job, JobSpec, JobStatus } from '../../standalone/job-controller/job-types.ts'
import { planJob } from '../../standalone/job-controller/plan-job.ts'
import type { Pod, PodStatus } from '../../standalone/kubelet/pod-types.ts'

const now = new Date('2026-01-01T00:10:00Z')
const startTime = '2026-01-01T00:00:00Z'

function aJob(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'main', image: 'none' }] } }
  const metadata = { name: 'train', namespace: 'default', uid: 'job-uid' }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { template, parallelism: 1, completions: 1, ...spec },
    status,
  }
}

function aPod(name: string, status: PodStatus, more: { deleted?: true; index?: number } = {}): Pod {
  const annotations: Readonly<Record<string, string>> =
    more.index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': String(more.index) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      creationTimestamp: startTime,
      annotations,
      ...(more.deleted ? { deletionTimestamp: startTime } : {}),
    },
    spec: { containers: [{ name: 'main' }] },
    status,
  }
}

/** Ended so many seconds before `now`. */
function aFailure(name: string, secondsAgo: number, exitCode = 1, conditions: PodStatus['conditions'] = []): Pod {
  const finishedAt = new Date(now.getTime() - secondsAgo * 1000).toISOString()
  const container = {
    name: 'main',
    image: '',
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    lastState: {},
  }
  const state = { terminated: { exitCode, reason: 'Error', finishedAt } }
  return aPod(name, { phase: 'Failed', conditions, containerStatuses: [{ ...container, state }] })
}

const lost = (name: string) => aFailure(name, 1, 137, [{ type: 'DisruptionTarget', status: 'True' }])
const running: PodStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
const succeeded: PodStatus = { phase: 'Succeeded' }
const plan = (job: Job, pods: readonly Pod[]) => planJob(job, pods, now, 'local')
const trueConditions = (status: JobStatus | undefined) =>
  status?.conditions?.filter(condition => condition.status === 'True').map(({ type, reason }) => `${type} ${reason}`)

describe('a Job that runs', () => {
  test('without pods: one is created, bound, owned and labelled', () => {
    const { create, status } = plan(aJob(), [])
    expect(create).toHaveLength(1)
    expect(create[0].metadata).toMatchObject({
      labels: { 'batch.kubernetes.io/job-name': 'train', 'batch.kubernetes.io/controller-uid': 'job-uid' },
      ownerReferences: [{ kind: 'Job', name: 'train', uid: 'job-uid', controller: true }],
    })
    expect(create[0].spec.nodeName).toBe('local')
    expect(status).toMatchObject({ active: 1, ready: 0, terminating: 0 })
  })

  test('the same world gives the same name, the next pod another', () => {
    const first = plan(aJob(), []).create[0]
    expect(plan(aJob(), []).create[0].metadata.name).toBe(first.metadata.name)
    expect(plan(aJob(), [lost('gone')]).create[0].metadata.name).not.toBe(first.metadata.name)
  })

  test('parallelism is kept, and not beyond what is left to do', () => {
    expect(plan(aJob({ parallelism: 3, completions: 5 }), []).create).toHaveLength(3)
    const four = ['a', 'b', 'c', 'd'].map(name => aPod(name, succeeded))
    expect(plan(aJob({ parallelism: 3, completions: 5 }), four).create).toHaveLength(1)
  })

  test('less parallelism: the excess is deleted', () => {
    const pods = ['a', 'b', 'c'].map(name => aPod(name, running))
    const decided = plan(aJob({ parallelism: 1, completions: 5 }), pods)
    expect(decided.delete).toHaveLength(2)
    expect(decided.status).toMatchObject({ active: 1, ready: 1, terminating: 2 })
  })

  test('indexed: every index has a pod that knows it, and those that are done are printed as ranges', () => {
    const job = aJob({ completionMode: 'Indexed', parallelism: 2, completions: 6 })
    const done = [0, 1, 2, 4].map(index => aPod(`p${index}`, succeeded, { index }))
    const { create, status } = plan(job, done)
    expect(create.map(pod => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'])).toEqual(['3', '5'])
    expect(create[0].spec.containers[0].env?.[0].name).toBe('JOB_COMPLETION_INDEX')
    expect(create[0].metadata.name).toMatch(/^train-3-/)
    expect(status?.completedIndexes).toBe('0-2,4')
  })
})

describe('a Job whose pods fail', () => {
  test('the next pod waits ten seconds, doubling with every failure', () => {
    const one = plan(aJob(), [aFailure('a', 4)])
    expect(one).toMatchObject({ create: [], requeueAfterMs: 6_000 })
    expect(plan(aJob(), [aFailure('a', 30), aFailure('b', 4)]).requeueAfterMs).toBe(16_000)
    expect(plan(aJob(), [aFailure('a', 11)]).create).toHaveLength(1)
  })

  test('beyond backoffLimit it fails, with the exit code in its message', () => {
    const { status, create } = plan(aJob({ backoffLimit: 0 }), [aFailure('a', 1, 3)])
    expect(create).toEqual([])
    expect(trueConditions(status)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
    expect(status?.conditions?.[0].message).toContain('exit code 3')
  })

  test('lost pods are replaced at once and for nothing three times, the fourth is charged', () => {
    const job = aJob({ backoffLimit: 0 })
    expect(plan(job, [lost('a'), lost('b'), lost('c')]).create).toHaveLength(1)
    expect(trueConditions(plan(job, ['a', 'b', 'c', 'd'].map(lost)).status)).toContain('Failed BackoffLimitExceeded')
  })

  test('podFailurePolicy: disruptions are ignored, an exit code fails the Job', () => {
    const rules = [
      { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget' }] },
      { action: 'FailJob' as const, onExitCodes: { operator: 'In' as const, values: [42] } },
    ]
    const job = aJob({ backoffLimit: 0, podFailurePolicy: { rules } })
    expect(plan(job, ['a', 'b', 'c', 'd'].map(lost)).create).toHaveLength(1)
    const fatal = aJob({ backoffLimit: 6, podFailurePolicy: { rules } })
    expect(trueConditions(plan(fatal, [aFailure('a', 1, 42)]).status)).toContain('Failed PodFailurePolicy')
  })
})

describe('a Job that ends', () => {
  test('its last success completes it in one write', () => {
    const { status } = plan(aJob({}, { startTime }), [aPod('a', succeeded)])
    expect(trueConditions(status)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
    expect(status).toMatchObject({ succeeded: 1, startTime, completionTime: '2026-01-01T00:10:00Z' })
  })

  test('past its deadline its pods go first, the condition comes when none is left', () => {
    const job = aJob({ activeDeadlineSeconds: 60 }, { startTime })
    const ending = plan(job, [aPod('a', running)])
    expect(ending.delete.map(pod => pod.metadata.name)).toEqual(['a'])
    expect(trueConditions(ending.status)).toEqual(['FailureTarget DeadlineExceeded'])
    const decided = aJob(job.spec, ending.status)
    expect(trueConditions(plan(decided, [aPod('a', running, { deleted: true })]).status)).toEqual([
      'FailureTarget DeadlineExceeded',
    ])
    expect(trueConditions(plan(decided, []).status)).toContain('Failed DeadlineExceeded')
  })

  test('before its deadline it looks again when that is reached', () => {
    expect(plan(aJob({ activeDeadlineSeconds: 700 }, { startTime }), [aPod('a', running)]).requeueAfterMs).toBe(100_000)
  })

  test('its time to live begins at its end', () => {
    const complete = { type: 'Complete' as const, status: 'True' as const, lastTransitionTime: '2026-01-01T00:09:50Z' }
    expect(plan(aJob({ ttlSecondsAfterFinished: 30 }, { conditions: [complete] }), []).requeueAfterMs).toBe(20_000)
    expect(plan(aJob({ ttlSecondsAfterFinished: 5 }, { conditions: [complete] }), []).deleteJob).toBe(true)
    expect(plan(aJob({}, { conditions: [complete] }), [])).toEqual({ create: [], delete: [] })
  })
})

describe('a suspended Job', () => {
  test('its pods are deleted, its start is forgotten, and they are counted until they are gone', () => {
    const job = aJob({ suspend: true }, { startTime, active: 1 })
    const first = plan(job, [aPod('a', running)])
    expect(first.delete).toHaveLength(1)
    expect(first.status).toMatchObject({ terminating: 1 })
    expect(first.status?.startTime).toBeUndefined()
    expect(trueConditions(first.status)).toEqual(['Suspended JobSuspended'])
    expect(plan(job, [aPod('a', { phase: 'Failed' }, { deleted: true })]).status).toMatchObject({ terminating: 0 })
  })

  test('a pod that failed because it was stopped is not charged when the Job resumes', () => {
    const conditions = [{ type: 'Suspended' as const, status: 'True' as const, reason: 'JobSuspended' }]
    const resumed = plan(aJob({ backoffLimit: 0 }, { conditions }), [aPod('a', { phase: 'Failed' }, { deleted: true })])
    expect(resumed.create).toHaveLength(1)
    expect(resumed.status?.startTime).toBe('2026-01-01T00:10:00Z')
    expect(resumed.status?.conditions?.[0]).toMatchObject({ type: 'Suspended', status: 'False', reason: 'JobResumed' })
  })

  test('suspended from its birth: nothing is created', () => {
    expect(plan(aJob({ suspend: true }), []).create).toEqual([])
  })
})
