import { describe, expect, test } from 'vitest'
import { EARLY_STOPPED_ANNOTATION, type Trial } from '#api'
import type { ObservationSummary } from '#store'
import { plan } from '../../../controller/trial/plan.ts'
import type { TrialWorld } from '../../../controller/trial/world.ts'
import { aJob, anExperiment, aSuggestion, aTrial, ended } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
const world = (change: Partial<TrialWorld>): TrialWorld => ({
  self: aTrial(0, 'Running'),
  experiment: anExperiment(),
  suggestion: aSuggestion(),
  job: undefined,
  summary: undefined,
  ...change,
})
const summary = (latest: string, final = true): ObservationSummary => ({
  attempt: 0,
  final,
  metrics: { loss: { min: latest, max: latest, latest, count: 1 } },
})
const stoppedByCollector = aTrial(0, 'Running', undefined, {
  annotations: { [EARLY_STOPPED_ANNOTATION]: '2026-01-01T10:00:30Z' },
})
/** As a service of Katib's kind writes it, into a status that is ours otherwise. */
const toldToStop = {
  ...aTrial(0),
  status: {
    phase: 'Running',
    conditions: [
      ...(aTrial(0, 'Running').status?.conditions ?? []),
      { type: 'EarlyStopped', status: 'True', reason: 'TrialEarlyStopped', message: 'Trial is early stopped' },
    ],
  },
} as Trial
const retained = { ...stoppedByCollector, spec: { ...stoppedByCollector.spec, retainRun: true } }
const deleted = { deletionTimestamp: '2026-01-01T10:00:30Z' }
const over = anExperiment({}, { conditions: [{ type: 'Succeeded', status: 'True' }] })

const ownedBy = (kind: string, name: string) => ({
  ...aJob(0),
  metadata: {
    ...aJob(0).metadata,
    ownerReferences: [{ apiVersion: 'v1', kind, name, uid: 'u-other', controller: true, blockOwnerDeletion: true }],
  },
})
const taken =
  'there is a Job default/e-0 already, that belongs to Workflow nightly; delete or rename it, then this goes on by itself'
const nameTaken = {
  ...aTrial(0),
  status: plan(world({ self: aTrial(0), job: ownedBy('Workflow', 'nightly') }), now).status,
}
const stopped = {
  ...aTrial(0, 'Killed'),
  status: {
    conditions: [
      { type: 'Running', status: 'False', reason: 'Stopping' },
      { type: 'Killed', status: 'True' },
    ],
  },
}

/** What a plan does, in one line each. */
function told(change: Partial<TrialWorld>) {
  const { create = [], patch = [], delete: gone = [], status, events = [] } = plan(world(change), now)
  const last = status?.conditions?.at(-1)
  return {
    ...(create.length > 0 ? { creates: create.map(resource => `${resource.kind} ${resource.metadata.name}`) } : {}),
    ...(patch.length > 0 ? { patches: patch.map(one => one.patch) } : {}),
    ...(gone.length > 0 ? { deletes: gone.map(ref => `${ref.kind} ${ref.name} ${ref.uid}`) } : {}),
    ...(last ? { ends: `${last.type} ${last.reason}`, says: last.message } : {}),
    ...(events.length > 0 ? { events: events.map(event => `${event.type} ${event.reason}`) } : {}),
  }
}

describe('metrics that may not be all', () => {
  const rotated =
    'the log was rotated: what was printed between 2026-01-01T00:00:01Z and 2026-01-01T00:00:05Z may be lost'
  const refused = '5 values were refused and are lost: the server answered 422: no value of this kind'
  const late = {
    ...aTrial(0, 'Running'),
    status: {
      conditions: [
        { type: 'Running', status: 'True', reason: 'WaitingForMetrics', lastUpdateTime: '2026-01-01T09:00:00Z' },
      ],
    },
  }
  test.each<[string, Partial<TrialWorld>, string, RegExp]>([
    [
      'a gap in its log',
      { summary: { ...summary('1'), diagnosis: `LogRotated: ${rotated}` } },
      'LogRotated',
      /rotated/,
    ],
    [
      'values that were refused',
      { summary: { ...summary('1'), diagnosis: `ReportsRefused: ${refused}` } },
      'ReportsRefused',
      /^5 values/,
    ],
    ['a collector that left sums alone', { lastWords: summary('1', false) }, 'CollectorEnded', /summed up/],
    [
      'a collector that never came to its end',
      { self: late, summary: summary('1', false), deadlineGraceMs: 0 },
      'CollectorLate',
      /did not finish within 300 s/,
    ],
  ])('%s: a condition beside the end, which stays the last one', (_, change, reason, message) => {
    const { status, events } = plan(world({ job: aJob(0, ended('Complete')), ...change }), now)
    const told = status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)
    expect(told?.slice(-2)).toEqual([`MetricsIncomplete True ${reason}`, 'Succeeded True TrialSucceeded'])
    expect(status?.conditions?.at(-2)?.message).toMatch(message)
    expect(status?.observation?.metrics?.[0]?.latest).toBe('1')
    expect(events?.map(({ reason }) => reason)).toEqual(['JobSucceeded', 'MetricsIncomplete'])
  })

  test('what a collector says of an objective that came another way is none of it', () => {
    const diagnosis = '"loss" was never seen in 3 lines of standard output; print it'
    const { status } = plan(world({ job: aJob(0, ended('Complete')), summary: { ...summary('1'), diagnosis } }), now)
    expect(status?.conditions?.map(({ type }) => type)).not.toContain('MetricsIncomplete')
  })
})

describe('a trial', () => {
  test.each<[string, Partial<TrialWorld>, object]>([
    [
      'is new: its job, and in one status that it is created and runs',
      { self: aTrial(0) },
      { creates: ['Job e-0'], ends: 'Running TrialRunning', says: 'Trial is running', events: ['Normal JobCreated'] },
    ],
    ['has a job that belongs to an older trial of its name: waits', { job: ownedBy('Trial', 'e-0') }, {}],
    [
      "finds somebody else's job under its name: says whose it is and what to do, once",
      { self: aTrial(0), job: ownedBy('Workflow', 'nightly') },
      { ends: 'Running NameTaken', says: taken, events: ['Warning NameTaken'] },
    ],
    [
      'its collector ended without its final: the sums that it left count, and it says so',
      { job: aJob(0, ended('Complete')), lastWords: summary('0.25', false) },
      {
        ends: 'Succeeded TrialSucceeded',
        says: 'Trial has succeeded: MetricsIncomplete: its collector ended before the store had everything; the values are those that it summed up',
        events: ['Normal JobSucceeded', 'Warning MetricsIncomplete'],
      },
    ],
    [
      'was refused its job: it says so, and asks again',
      { self: aTrial(0), jobRefused: 'its Job is refused: exceeded quota: none' },
      {
        creates: ['Job e-0'],
        ends: 'Running TrialPending',
        says: 'Trial waits: its Job is refused: exceeded quota: none',
        events: ['Normal JobCreated'],
      },
    ],
    [
      'may not be of that kind: no job, and why',
      { self: aTrial(0), refusal: 'trials may only be Jobs' },
      { ends: 'Running TrialKind', says: 'trials may only be Jobs', events: ['Warning TrialKind'] },
    ],
    ['finds it still there: nothing new', { self: nameTaken, job: ownedBy('Workflow', 'nightly') }, {}],
    [
      'finds its name free again: its job',
      { self: nameTaken },
      { creates: ['Job e-0'], ends: 'Running NameTaken', says: taken, events: ['Normal JobCreated'] },
    ],
    [
      'finds its name taken until its deadline: failed, and why',
      {
        self: nameTaken,
        job: ownedBy('Workflow', 'nightly'),
        experiment: anExperiment({ trialDeadlines: { pendingSeconds: 30 } }),
      },
      {
        ends: 'Failed TrialFailed',
        says: `Trial has failed: pending deadline of 30 s exceeded: ${taken}`,
        events: ['Warning JobFailed'],
      },
    ],
    [
      'was stopped, its job is kept and somebody lets it run again: stopped again',
      { self: { ...stopped, spec: { ...stopped.spec, retainRun: true } }, job: aJob(0, { active: 1 }) },
      { patches: [{ spec: { suspend: true }, metadata: { resourceVersion: aJob(0).metadata.resourceVersion } }] },
    ],
    [
      'has a job that is being deleted: waits',
      { job: { ...aJob(0), metadata: { ...aJob(0).metadata, ...deleted } } },
      {},
    ],
    ['runs: nothing', { job: aJob(0, { ready: 1, active: 1 }) }, {}],
    [
      'job complete, metrics final: succeeded',
      {
        job: aJob(0, ended('Complete', { reason: 'CompletionsReached', message: 'Reached' })),
        summary: summary('0.5'),
      },
      {
        ends: 'Succeeded TrialSucceeded. Job reason: CompletionsReached',
        says: 'Trial has succeeded. Job message: Reached',
        events: ['Normal JobSucceeded'],
      },
    ],
    [
      'job complete, the objective never a number: succeeded, and what that means',
      {
        job: aJob(0, ended('Complete')),
        summary: { ...summary('0.5'), metrics: { loss: { latest: 'NaN', count: 2 } } },
      },
      {
        ends: 'Succeeded TrialSucceeded',
        says: 'Trial has succeeded: "loss" ended as NaN, which can never be the best; find out why the program reports it, or leave out what leads there',
        events: ['Normal JobSucceeded'],
      },
    ],
    [
      'job complete, metrics not final: waits for them and says so',
      { job: aJob(0, ended('Complete')), summary: summary('0.5', false) },
      { ends: 'Running WaitingForMetrics', says: 'the job has ended and its metrics are not all here yet' },
    ],
    [
      'job complete, the store is away: says so, and does not end',
      { job: aJob(0, ended('Complete')), storeAway: 'connect ECONNREFUSED 127.0.0.1:5432' },
      {
        ends: 'Running StoreUnreachable',
        says: 'the job has ended and its metrics cannot be read: connect ECONNREFUSED 127.0.0.1:5432',
      },
    ],
    [
      'job failed, the store is away: does not end without what it reported',
      { job: aJob(0, ended('Failed')), storeAway: 'the server answered 503' },
      {
        ends: 'Running StoreUnreachable',
        says: 'the job has ended and its metrics cannot be read: the server answered 503',
      },
    ],
    [
      'job complete, final without the objective: says what the collector saw',
      {
        job: aJob(0, ended('Complete')),
        summary: { attempt: 0, final: true, metrics: {}, diagnosis: '"loss" was never seen in 3 lines' },
      },
      {
        ends: 'MetricsUnavailable MetricsUnavailable',
        says: 'Metrics are not available: "loss" was never seen in 3 lines',
        events: ['Warning MetricsUnavailable'],
      },
    ],
    [
      'job failed: failed, with the job’s own words',
      { job: aJob(0, ended('Failed', { reason: 'BackoffLimitExceeded', message: 'exit code 7' })) },
      {
        ends: 'Failed TrialFailed. Job reason: BackoffLimitExceeded',
        says: 'Trial has failed. Job message: exit code 7',
        events: ['Warning JobFailed'],
      },
    ],
    [
      'has ended: its job goes',
      { self: aTrial(0, 'Succeeded', '1'), job: aJob(0, ended('Complete')) },
      { deletes: ['Job e-0 u-job-0'] },
    ],
    [
      'has ended and its run is retained: nothing',
      {
        self: { ...aTrial(0, 'Succeeded', '1'), spec: { ...aTrial(0).spec, retainRun: true } },
        job: aJob(0, ended('Complete')),
      },
      {},
    ],
    [
      'runs and the experiment has ended: marked first',
      { experiment: over, job: aJob(0, { ready: 1, active: 1 }) },
      { ends: 'Running Stopping', says: 'to be Killed: the experiment has ended' },
    ],
    [
      'runs, the experiment has ended and running trials are kept: nothing',
      {
        experiment: { ...over, spec: { ...over.spec, runningTrialsPolicy: 'Keep' } },
        job: aJob(0, { ready: 1, active: 1 }),
      },
      {},
    ],
    [
      'was not started when the experiment ended: killed without a job',
      { self: aTrial(0), experiment: over },
      { ends: 'Killed TrialKilled', says: 'Trial is killed: the experiment has ended', events: ['Normal JobKilled'] },
    ],
    [
      'is stopped by its rule: marked with the reason',
      { stopEarly: 'its best 3 is worse', job: aJob(0, { ready: 1, active: 1 }) },
      { ends: 'Running Stopping', says: 'to be EarlyStopped: its best 3 is worse' },
    ],
    [
      'was stopped by its own collector, and the job has succeeded for that: marked all the same',
      { self: stoppedByCollector, job: aJob(0, ended('Complete')), summary: summary('0.5') },
      { ends: 'Running Stopping', says: 'to be EarlyStopped: its metrics collector stopped it' },
    ],
    [
      'was stopped by its own collector and its run is retained: ends in place, the job is left alone',
      { self: retained, job: aJob(0, { ready: 1, active: 1 }) },
      {},
    ],
    [
      'was stopped by its own collector, its run is retained and has ended: marked',
      { self: retained, job: aJob(0, ended('Complete')), summary: summary('0.5') },
      { ends: 'Running Stopping', says: 'to be EarlyStopped: its metrics collector stopped it' },
    ],
    [
      'is stopped by the word of a service: marked, since it is still to be ended',
      { self: toldToStop, job: aJob(0, { ready: 1, active: 1 }) },
      { ends: 'Running Stopping', says: 'to be EarlyStopped: its stopping service stopped it' },
    ],
    [
      'was stopped by the word of a service and its job is gone: ends with what it reported, and is not run again',
      { self: toldToStop, job: undefined, summary: summary('0.5') },
      {
        ends: 'EarlyStopped TrialEarlyStopped',
        says: 'Trial is early stopped: its stopping service stopped it',
        events: ['Normal JobEarlyStopped'],
      },
    ],
    [
      'was early stopped under Katib, which leaves it Running: has ended',
      { self: { ...toldToStop, status: { ...toldToStop.status, phase: undefined } }, job: undefined },
      {},
    ],
    [
      'was stopped by its own collector after it had ended: stays as it is',
      { self: { ...stoppedByCollector, status: aTrial(0, 'Succeeded').status ?? {} } },
      {},
    ],
    [
      'has waited longer than it may: marked as failed with the cluster’s words',
      {
        experiment: anExperiment({ trialDeadlines: { pendingSeconds: 30 } }),
        job: aJob(0),
        waitingBecause: 'no image',
      },
      { ends: 'Running Stopping', says: 'to be Failed: pending deadline of 30 s exceeded: no image' },
    ],
    [
      'has no job, of a kind that nobody serves, for longer than it may: failed, and which',
      {
        self: { ...aTrial(0), spec: { ...aTrial(0).spec, runSpec: { apiVersion: 'ray.io/v1', kind: 'RayJob' } } },
        experiment: anExperiment({ trialDeadlines: { pendingSeconds: 30 } }),
        job: undefined,
      },
      {
        ends: 'Failed TrialFailed',
        says: 'Trial has failed: pending deadline of 30 s exceeded: no RayJob of ray.io/v1 could be made; is that kind served here?',
        events: ['Warning JobFailed'],
      },
    ],
    [
      'waits for a slot longer than it may: that time does not count',
      { experiment: anExperiment({ trialDeadlines: { pendingSeconds: 30 } }), job: aJob(0), waitsForSlot: true },
      {},
    ],
    [
      'has run longer than it may: marked as failed',
      { experiment: anExperiment({ trialDeadlines: { runningSeconds: 30 } }), job: aJob(0, { ready: 1, active: 1 }) },
      { ends: 'Running Stopping', says: 'to be Failed: running deadline of 30 s exceeded' },
    ],
    [
      'is deleted before it ended and its assignment is not back yet: waits',
      { self: aTrial(0, 'Running', undefined, deleted) },
      {},
    ],
    [
      'is deleted and its assignment is back: let go',
      {
        self: aTrial(0, 'Running', undefined, deleted),
        suggestion: aSuggestion({ suggestions: [{ name: 'e-0', index: 0 }] }),
      },
      { patches: [{ metadata: { resourceVersion: '5', finalizers: null } }] },
    ],
    [
      'is deleted after it ended and its index is noted: let go',
      { self: aTrial(0, 'Succeeded', '1', deleted), experiment: anExperiment({}, { removedTrials: '0' }) },
      { patches: [{ metadata: { resourceVersion: '5', finalizers: null } }] },
    ],
    [
      'is deleted with its experiment gone: let go',
      { self: aTrial(0, 'Running', undefined, deleted), experiment: undefined },
      { patches: [{ metadata: { resourceVersion: '5', finalizers: null } }] },
    ],
    [
      'carries finalizers of Katib: they go',
      { self: aTrial(0, 'Running', undefined, { finalizers: ['clean-metrics-in-db', 'qalam.dev/trial'] }) },
      { patches: [{ metadata: { resourceVersion: '5', finalizers: ['qalam.dev/trial'] } }] },
    ],
  ])('%s', (_, change, expected) => {
    expect(told(change)).toEqual(expected)
  })
})

describe('a trial is looked at again, never at once', () => {
  const requeue = (change: Partial<TrialWorld>) => plan(world(change), now).requeueAfterMs
  test.each([
    ['waits for a slot beyond its pending deadline', { pendingSeconds: 30 }, aJob(0), { waitsForSlot: true }, 2_000],
    [
      'waits, and its job was let start a moment ago',
      { pendingSeconds: 30 },
      aJob(0, { startTime: '2026-01-01T10:00:50Z' }),
      {},
      2_000,
    ],
    [
      'runs, and its job was let start long after the trial began',
      { runningSeconds: 30 },
      aJob(0, { ready: 1, active: 1, startTime: '2026-01-01T10:00:50Z' }),
      {},
      20_000,
    ],
  ])('%s', (_, trialDeadlines, job, more, expected) => {
    expect(requeue({ experiment: anExperiment({ trialDeadlines }), job, ...more })).toBe(expected)
  })
})

describe('a trial that is marked to stop', () => {
  const marked = (message: string) => {
    const trial = aTrial(0, 'Running')
    const conditions = trial.status?.conditions?.map(condition =>
      condition.type === 'Running' ? { ...condition, reason: 'Stopping', message } : condition,
    )
    return { ...trial, status: { ...trial.status, conditions } }
  }
  const self = marked('to be EarlyStopped: its best 3 is worse')

  test('has its job suspended under the version that was seen', () => {
    expect(told({ self, job: aJob(0, { ready: 1, active: 1 }) })).toEqual({
      patches: [{ spec: { suspend: true }, metadata: { resourceVersion: '9' } }],
    })
  })
  test('waits while a process is left', () => {
    expect(told({ self, job: aJob(0, { active: 0, terminating: 1 }, { suspend: true }) })).toEqual({})
  })
  test('ends as the mark says once none is left, and keeps what it reported', () => {
    const end = plan(
      world({ self, job: aJob(0, { active: 0, terminating: 0 }, { suspend: true }), summary: summary('3') }),
      now,
    )
    expect(end.status?.conditions?.at(-1)).toMatchObject({
      type: 'EarlyStopped',
      message: 'Trial is early stopped: its best 3 is worse',
    })
    expect(end.status?.observation?.metrics).toEqual([{ name: 'loss', min: '3', max: '3', latest: '3' }])
    expect(end.status?.phase).toBe('EarlyStopped')
  })
})

describe('a trial that goes on from another', () => {
  const child = (status: object = {}) => {
    const self = aTrial(1, 'Running')
    const labels = { ...self.metadata.labels, 'qalam.dev/parent-trial': 'e-0' }
    return { ...self, metadata: { ...self.metadata, labels }, status: { ...self.status, ...status } }
  }
  const job = aJob(1, { ready: 1, active: 1 })

  test('says where its checkpoint came from, once', () => {
    const checkpoint = 'starts from the checkpoint of trial e-0'
    const said = plan(world({ self: child(), job, checkpoint }), now)
    expect(said.status).toEqual({ ...child().status, checkpoint })
    expect(said.events?.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Normal CheckpointCopied'])
    expect(plan(world({ self: child({ checkpoint }), job, checkpoint }), now)).toEqual({})
  })

  test('warns when there was none', () => {
    const checkpoint = 'starts fresh: trial e-0 has left no checkpoint'
    expect(plan(world({ self: child(), job, checkpoint }), now).events).toEqual([
      { type: 'Warning', reason: 'CheckpointMissing', message: `e-1 ${checkpoint}` },
    ])
  })

  test('ends before anybody looked: both in one status', () => {
    const checkpoint = 'starts from the checkpoint of trial e-0'
    const { status } = plan(
      world({ self: child(), job: aJob(1, ended('Complete')), summary: summary('0.5'), checkpoint }),
      now,
    )
    expect([status?.phase, status?.checkpoint]).toEqual(['Succeeded', checkpoint])
  })
})
