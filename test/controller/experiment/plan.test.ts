import { describe, expect, test } from 'vitest'
import type { Trial } from '#api'
import { plan } from '../../../controller/experiment/plan.ts'
import type { ExperimentWorld } from '../../../controller/experiment/world.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { anExperiment, aSuggestion, aTrial } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
/** A world with trials as a list. */
type Change = Partial<Omit<ExperimentWorld, 'trials'>> & { readonly trials?: readonly Trial[] }
const world = ({ trials, ...change }: Change): ExperimentWorld => ({
  self: anExperiment(),
  suggestion: aSuggestion(),
  trials: new TrialRoll(trials),
  problems: [],
  sinceStatusMs: Number.POSITIVE_INFINITY,
  ...change,
})
const assignments = (count: number) => ({
  suggestionCount: count,
  suggestions: Array.from({ length: count }, (_, index) => ({
    name: `e-${index}`,
    index,
    parameterAssignments: [{ name: 'x', value: '0.5' }],
  })),
})
const over = (reason: string) => ({
  conditions: [
    { type: 'Created', status: 'True', reason: 'ExperimentCreated' },
    { type: 'Succeeded', status: 'True', reason },
  ],
})

/** What a plan does, in one line each. */
function told(change: Change) {
  const { create = [], status } = plan(world(change), now)
  const last = status?.conditions?.at(-1)
  return {
    creates: create.map(resource => `${resource.kind} ${resource.metadata.name}`),
    ...(last ? { ends: `${last.type} ${last.reason}` } : {}),
    ...(status?.currentOptimalTrial?.bestTrialName ? { best: status.currentOptimalTrial.bestTrialName } : {}),
  }
}
const running = 'Running ExperimentRunning'

test('a trial that ended, was deleted and is there again: it goes once more', () => {
  const self = anExperiment({}, { removedTrials: '0' })
  const gone = (trial: Trial) => plan(world({ self, trials: [trial, aTrial(1, 'Running')] }), now).delete
  expect(gone(aTrial(0, 'Running'))).toMatchObject([{ kind: 'Trial', name: 'e-0' }])
  expect(gone(aTrial(0, 'Succeeded', '1', { deletionTimestamp: '2026-01-01T10:00:30Z' }))).toBeUndefined()
})

describe('an experiment', () => {
  test.each<[string, Change, object]>([
    ['is new: its Suggestion', { suggestion: undefined }, { creates: ['Suggestion e'], ends: running }],
    [
      'has four assignments and room for two: two trials',
      { suggestion: aSuggestion(assignments(4)) },
      { creates: ['Trial e-0', 'Trial e-1'], ends: running },
    ],
    [
      'has one ended and one running trial: the next index',
      { suggestion: aSuggestion(assignments(4)), trials: [aTrial(0, 'Succeeded', '3'), aTrial(1, 'Running')] },
      { creates: ['Trial e-2'], ends: running, best: 'e-0' },
    ],
    [
      'has as many running as it may after its parallelism was lowered: none, and none is killed',
      {
        self: anExperiment({ parallelTrialCount: 1 }),
        suggestion: aSuggestion(assignments(4)),
        trials: [aTrial(0, 'Running'), aTrial(1, 'Running')],
      },
      { creates: [], ends: running },
    ],
    [
      'is suspended: no more trials',
      { self: anExperiment({ suspend: true }), suggestion: aSuggestion(assignments(4)) },
      { creates: [], ends: running },
    ],
    [
      'has reached its goal',
      {
        self: anExperiment({ objective: { ...anExperiment().spec.objective!, goal: 0.1 } }),
        trials: [aTrial(0, 'Succeeded', '0.1')],
      },
      { creates: [], ends: 'Succeeded ExperimentGoalReached', best: 'e-0' },
    ],
    [
      'has infinity better than its goal: not reached, and not best',
      {
        self: anExperiment({ objective: { ...anExperiment().spec.objective!, goal: 0.1 } }),
        trials: [aTrial(0, 'Succeeded', '-Infinity'), aTrial(1, 'Succeeded', '5')],
      },
      { creates: [], ends: running, best: 'e-1' },
    ],
    [
      'has NaN first: it is never best',
      { trials: [aTrial(0, 'Succeeded', 'NaN'), aTrial(1, 'Succeeded', '7')] },
      { creates: [], ends: running, best: 'e-1' },
    ],
    [
      'has an empty value: it is never best',
      { trials: [aTrial(0, 'Succeeded', ''), aTrial(1, 'Succeeded', '7')] },
      { creates: [], ends: running, best: 'e-1' },
    ],
    [
      'has a tie: the trial that ended first',
      { trials: [aTrial(0, 'Succeeded', '7'), aTrial(1, 'Succeeded', '7')] },
      { creates: [], ends: running, best: 'e-0' },
    ],
    [
      'maximises: the largest',
      {
        self: anExperiment({ objective: { type: 'maximize', objectiveMetricName: 'loss' } }),
        trials: [aTrial(0, 'Succeeded', '1'), aTrial(1, 'EarlyStopped', '9')],
      },
      { creates: [], ends: running, best: 'e-1' },
    ],
    [
      'has used its failures, trials without a metric among them',
      {
        self: anExperiment({ maxFailedTrialCount: 2 }),
        trials: [aTrial(0, 'Failed'), aTrial(1, 'MetricsUnavailable')],
      },
      { creates: [], ends: 'Failed ExperimentFailed' },
    ],
    [
      'has ended all it may, however they ended',
      {
        trials: [
          aTrial(0, 'Failed'),
          aTrial(1, 'MetricsUnavailable'),
          aTrial(2, 'Killed'),
          aTrial(3, 'Succeeded', '1'),
        ],
      },
      { creates: [], ends: 'Succeeded ExperimentMaxTrialsReached', best: 'e-3' },
    ],
    [
      'counts finished trials that were deleted: no budget comes back',
      {
        self: anExperiment({}, { removedTrials: '0-1' }),
        trials: [aTrial(2, 'Succeeded', '2'), aTrial(3, 'Succeeded', '1')],
      },
      { creates: [], ends: 'Succeeded ExperimentMaxTrialsReached', best: 'e-3' },
    ],
    [
      'has nothing left to search and nothing running',
      { suggestion: aSuggestion({ suggestionCount: 1, searchEnded: true }), trials: [aTrial(0, 'Succeeded', '1')] },
      { creates: [], ends: 'Succeeded ExperimentSuggestionEndReached', best: 'e-0' },
    ],
    [
      'has nothing left to search and one running: goes on',
      { suggestion: aSuggestion({ suggestionCount: 1, searchEnded: true }), trials: [aTrial(0, 'Running')] },
      { creates: [], ends: running },
    ],
    [
      'was stored past admission',
      { problems: [{ path: 'spec.objective', reason: 'Required', message: 'expected one' }] },
      { creates: [], ends: 'Failed InvalidSpec' },
    ],
    [
      'finished its budget, which was raised, and may restart',
      {
        self: anExperiment({ maxTrialCount: 5, resumePolicy: 'LongRunning' }, over('ExperimentMaxTrialsReached')),
        suggestion: aSuggestion(assignments(5)),
        trials: [0, 1, 2, 3].map(index => aTrial(index, 'Succeeded', '1')),
      },
      { creates: ['Trial e-4'], ends: running, best: 'e-0' },
    ],
    [
      'reached its goal: a raised budget starts nothing',
      {
        self: anExperiment({ maxTrialCount: 5, resumePolicy: 'LongRunning' }, over('ExperimentGoalReached')),
        suggestion: aSuggestion(assignments(5)),
        trials: [aTrial(0, 'Succeeded', '1')],
      },
      { creates: [], ends: 'Succeeded ExperimentGoalReached', best: 'e-0' },
    ],
    [
      'finished its budget as it stands, and not all of its trials are seen: it stays finished',
      {
        self: anExperiment(
          { resumePolicy: 'LongRunning' },
          { ...over('ExperimentMaxTrialsReached'), observedGeneration: 1 },
        ),
        suggestion: aSuggestion(assignments(4)),
        trials: [0, 1, 2].map(index => aTrial(index, 'Succeeded', '1')),
      },
      { creates: [], ends: 'Succeeded ExperimentMaxTrialsReached', best: 'e-0' },
    ],
    [
      'knows a better trial than those that are seen',
      {
        self: anExperiment({}, { bestObjective: 0.5, currentOptimalTrial: { bestTrialName: 'e-1', observation: {} } }),
        trials: [aTrial(0, 'Succeeded', '1'), aTrial(1, 'Running')],
      },
      { creates: [], ends: running, best: 'e-1' },
    ],
    [
      'knows a better trial, and one was deleted: the best of those that are left',
      {
        self: anExperiment(
          {},
          {
            bestObjective: 0.5,
            removedTrials: '1',
            currentOptimalTrial: { bestTrialName: 'e-1', observation: {} },
          },
        ),
        trials: [aTrial(0, 'Succeeded', '1')],
      },
      { creates: [], ends: running, best: 'e-0' },
    ],
  ])('%s', (_, change, expected) => {
    expect(told(change)).toEqual(expected)
  })

  test('a template that is missing: Degraded and one event, as long as nothing else is said', () => {
    const missing = {
      suggestion: aSuggestion(assignments(2)),
      template: { missing: 'no ConfigMap a/b; create it first' },
    }
    const first = plan(world(missing), now)
    const trouble = { reason: 'TrialTemplate', message: 'no ConfigMap a/b; create it first' }
    expect(first.status?.conditions?.at(-1)).toMatchObject({ type: 'Degraded', ...trouble })
    expect(first.events).toContainEqual({ type: 'Warning', ...trouble })
    const self = anExperiment({}, first.status)
    expect(plan(world({ ...missing, self }), now).events).toBeUndefined()
    const found = plan(world({ self, suggestion: missing.suggestion }), now)
    expect(found.status?.conditions?.map(({ type }) => type)).not.toContain('Degraded')
    expect(found.create).toHaveLength(2)
  })

  test('trials may not be of that kind: Degraded says why, it looks again, and goes on once they may', () => {
    const message = 'alice may not create runs.example.com in namespace default'
    const suggestion = aSuggestion(assignments(2))
    const first = plan(world({ suggestion, refusal: message }), now)
    expect(first.create).toEqual([])
    expect(first.status?.conditions?.at(-1)).toMatchObject({ type: 'Degraded', reason: 'TrialKind', message })
    expect(first.events).toContainEqual({ type: 'Warning', reason: 'TrialKind', message })
    expect(first.requeueAfterMs).toBeGreaterThan(0)
    const later = plan(world({ self: anExperiment({}, first.status), suggestion }), now)
    expect(later.create).toHaveLength(2)
    expect(later.status?.conditions?.map(({ type }) => type)).not.toContain('Degraded')
  })

  test("somebody else's Suggestion has its name: Degraded says whose; one of an earlier Experiment of its name goes by itself", () => {
    const holder = (kind: string) => ({
      ...aSuggestion(),
      metadata: {
        name: 'e',
        namespace: 'default',
        ownerReferences: [
          { apiVersion: 'v1', kind, name: 'e', uid: 'u-old', controller: true, blockOwnerDeletion: true },
        ],
      },
    })
    const told = (kind: string) => plan(world({ suggestion: undefined, holder: holder(kind) }), now)
    expect(told('Study').create).toEqual([])
    expect(told('Study').status?.conditions?.at(-1)).toMatchObject({
      type: 'Degraded',
      reason: 'NameTaken',
      message: expect.stringContaining('Suggestion default/e already, that belongs to Study e'),
    })
    expect(told('Experiment').create).toEqual([])
    expect(told('Experiment').status?.conditions?.at(-1)?.type).toBe('Running')
  })

  test('zero counters and empty lists are absent, the others exact', () => {
    const { status } = plan(world({ trials: [aTrial(0, 'Succeeded', '1'), aTrial(1, 'Running')] }), now)
    expect(status).toMatchObject({
      trials: 2,
      trialsSucceeded: 1,
      trialsRunning: 1,
      succeededTrialList: ['e-0'],
      runningTrialList: ['e-1'],
      phase: 'Running',
      bestObjective: 1,
    })
    for (const field of ['trialsFailed', 'trialsPending', 'failedTrialList']) expect(status).not.toHaveProperty(field)
  })

  test('lists hold the newest 500, counters all', () => {
    const trials = Array.from({ length: 600 }, (_, index) => aTrial(index, 'Succeeded', '1'))
    const { status } = plan(world({ self: anExperiment({ maxTrialCount: 1_000 }), trials }), now)
    expect([status?.trialsSucceeded, status?.succeededTrialList?.length, status?.succeededTrialList?.at(-1)]).toEqual([
      600,
      500,
      'e-599',
    ])
  })

  test('counters wait for a second since the last write, a better optimum does not', () => {
    const first = plan(world({ trials: [aTrial(0, 'Succeeded', '5')] }), now).status
    const self = anExperiment({}, first)
    const worse = plan(
      world({ self, trials: [aTrial(0, 'Succeeded', '5'), aTrial(1, 'Succeeded', '6')], sinceStatusMs: 200 }),
      now,
    )
    expect([worse.status, worse.requeueAfterMs]).toEqual([undefined, 800])
    const better = plan(
      world({ self, trials: [aTrial(0, 'Succeeded', '5'), aTrial(1, 'Succeeded', '4')], sinceStatusMs: 200 }),
      now,
    )
    expect(better.status?.currentOptimalTrial?.bestTrialName).toBe('e-1')
  })

  test('what is left of a second by a fraction of a millisecond is waited for, not asked for again and again', () => {
    const self = anExperiment({}, plan(world({ trials: [aTrial(0, 'Succeeded', '5')] }), now).status)
    const trials = [aTrial(0, 'Succeeded', '5'), aTrial(1, 'Succeeded', '6')]
    expect(plan(world({ self, trials, sinceStatusMs: 999.9999999999999 }), now).requeueAfterMs).toBe(1)
  })

  test('settled, it writes nothing', () => {
    const settled = { suggestion: aSuggestion(assignments(1)), trials: [aTrial(0, 'Running')] }
    const { status } = plan(world(settled), now)
    expect(plan(world({ ...settled, self: anExperiment({}, status) }), now)).toEqual({ create: [] })
  })
})

test('a Suggestion that has failed fails its Experiment, with its words', () => {
  const conditions = [{ type: 'Failed', status: 'True', message: 'Validation failed: no' }] as const
  const { status } = plan(world({ suggestion: aSuggestion({ conditions: [...conditions] }) }), now)
  expect(status?.conditions?.at(-1)).toMatchObject({
    type: 'Failed',
    reason: 'ExperimentFailed',
    message: 'Suggestion has failed: Validation failed: no',
  })
})
