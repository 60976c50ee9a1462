import { describe, expect, test } from 'vitest'
import type { Experiment, Trial } from '#api'
import { plan } from '../../../controller/experiment/plan.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { anExperiment, aSuggestion, aTrial } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
const NEVER = '"loss" was never seen in 3 lines of standard output; values were printed for "val_loss"'
const EMPTY = 'standard output is empty'

function silent(index: number, sentence = NEVER): Trial {
  const trial = aTrial(index, 'MetricsUnavailable')
  const conditions = trial.status?.conditions?.map(condition =>
    condition.type === 'MetricsUnavailable'
      ? { ...condition, message: `Metrics are not available: ${sentence}. Job message: done` }
      : condition,
  )
  return { ...trial, status: { ...trial.status, conditions } }
}

const assignments = (count: number) => ({
  suggestionCount: count,
  suggestions: Array.from({ length: count }, (_, index) => ({
    name: `e-${index}`,
    index,
    parameterAssignments: [{ name: 'x', value: '0.5' }],
  })),
})

function planOf(self: Experiment, of: readonly Trial[]) {
  const trials = new TrialRoll(of)
  const world = { self, suggestion: aSuggestion(assignments(20)), trials, problems: [], sinceStatusMs: 9_999 }
  return plan(world, now)
}

/** What a plan does, in one line each. */
function told(self: Experiment, trials: readonly Trial[]) {
  const { create = [], patch = [], status, events: all = [] } = planOf(self, trials)
  const events = all.filter(({ reason }) => reason === 'ExperimentSuspended')
  const last = status?.conditions?.at(-1)
  return {
    creates: create.length,
    ...(patch.length > 0 ? { patches: patch.map(one => (one.patch as { spec: object }).spec) } : {}),
    ...(last ? { says: `${last.type} ${last.reason}` } : {}),
    ...(events.length > 0 ? { events: events.map(({ reason, message }) => `${reason}: ${message}`) } : {}),
  }
}

const changed = (experiment: Experiment, generation: number): Experiment => ({
  ...experiment,
  metadata: { ...experiment.metadata, generation },
})
const types = (status: Experiment['status']) => status?.conditions?.map(({ type, status }) => `${type} ${status}`)

const wide = { maxTrialCount: 20 }
const running = { says: 'Running ExperimentRunning' }
const suspends = {
  creates: 0,
  says: 'Suspended MetricsUnavailable',
  events: [`ExperimentSuspended: Experiment is suspended: all 3 trials that ended reported no metric: ${NEVER}`],
}

describe('an experiment whose trials report nothing', () => {
  test.each<[string, Experiment, readonly Trial[], object]>([
    ['two of them ended: goes on', anExperiment(wide), [silent(0), silent(1)], { creates: 2, ...running }],
    ['three ended for one reason: suspends', anExperiment(wide), [silent(0), silent(1), silent(2)], suspends],
    [
      'three ended, a later one runs: suspends',
      anExperiment(wide),
      [silent(0), silent(1), silent(2), aTrial(3, 'Running')],
      suspends,
    ],
    [
      'the first still runs, three others ended: suspends',
      anExperiment(wide),
      [aTrial(0, 'Running'), silent(1), silent(2), silent(3)],
      suspends,
    ],
    [
      'they differ in counts and names only: suspends',
      anExperiment(wide),
      [silent(0, NEVER.replace('3 lines', '1 line')), silent(1, NEVER.replace('val_loss', 'other')), silent(2)],
      suspends,
    ],
    [
      'a killed one says nothing: suspends after three others',
      anExperiment(wide),
      [aTrial(0, 'Killed'), silent(1), silent(2), silent(3)],
      suspends,
    ],
    [
      'three ended for two reasons: goes on',
      anExperiment(wide),
      [silent(0), silent(1), silent(2, EMPTY)],
      { creates: 2, ...running },
    ],
    [
      'one failed among them: goes on',
      anExperiment(wide),
      [silent(0), aTrial(1, 'Failed'), silent(2), silent(3)],
      { creates: 2, ...running },
    ],
    [
      'one reported among them: goes on',
      anExperiment(wide),
      [silent(0), silent(1), silent(2), aTrial(3, 'Succeeded', '1')],
      { creates: 2, ...running },
    ],
    [
      'five run at once: three are too few',
      anExperiment({ ...wide, parallelTrialCount: 5 }),
      [silent(0), silent(1), silent(2)],
      { creates: 5, ...running },
    ],
    [
      'its failures are used up first: fails',
      anExperiment({ ...wide, maxFailedTrialCount: 3 }),
      [silent(0), silent(1), silent(2)],
      { creates: 0, says: 'Failed ExperimentFailed' },
    ],
    [
      'its budget is spent first: over',
      anExperiment({ maxTrialCount: 3 }),
      [silent(0), silent(1), silent(2)],
      { creates: 0, says: 'Succeeded ExperimentMaxTrialsReached' },
    ],
    [
      'suspended already, by us or the user: says why',
      anExperiment({ ...wide, suspend: true }),
      [silent(0), silent(1), silent(2)],
      suspends,
    ],
    [
      'resumed: goes on, and judges none of them again',
      anExperiment(wide, { suspendedAfter: 3 }),
      [silent(0), silent(1), silent(2)],
      { creates: 2, ...running },
    ],
    [
      'resumed, and three later ones ended in silence: suspends again',
      anExperiment(wide, { suspendedAfter: 3 }),
      [0, 1, 2, 3, 4, 5].map(index => silent(index)),
      {
        ...suspends,
        events: [suspends.events[0].replace('that ended', 'that ended since it was resumed')],
      },
    ],
  ])('%s', (_, self, trials, expected) => {
    expect(told(self, trials)).toEqual(expected)
  })

  test('the condition, then suspend, then nothing; resumed, it goes on without a trace in its conditions', () => {
    const trials = [silent(0), silent(1), silent(2), aTrial(3, 'Running')]
    const marked = planOf(anExperiment(wide), trials).status
    expect(marked).toMatchObject({ phase: 'Suspended', suspendedAfter: 4, observedGeneration: 1 })
    expect(marked?.conditions?.at(-1)?.message).toContain(NEVER)
    const suspends = told(anExperiment(wide, marked), trials)
    expect(suspends).toEqual({ creates: 0, patches: [{ suspend: true }] })
    const suspended = planOf(changed(anExperiment({ ...wide, suspend: true }, marked), 2), trials).status
    expect(suspended).toEqual({ ...marked, observedGeneration: 2 })
    expect(planOf(changed(anExperiment({ ...wide, suspend: true }, suspended), 2), trials)).toEqual({ create: [] })
    const resumed = planOf(changed(anExperiment(wide, suspended), 3), trials)
    expect(resumed.status).toMatchObject({ phase: 'Running', suspendedAfter: 4, observedGeneration: 3 })
    expect(types(resumed.status)).toEqual(['Created True', 'Running True'])
    expect(planOf(changed(anExperiment(wide, resumed.status), 3), trials).create).toHaveLength(1)
  })

  test('a trial that reports while it is being suspended does not resume it', () => {
    const trials = [silent(0), silent(1), silent(2), aTrial(3, 'Running')]
    const marked = planOf(anExperiment(wide), trials).status
    const late = [silent(0), silent(1), silent(2), aTrial(3, 'Succeeded', '1')]
    expect(told(anExperiment(wide, marked), late)).toEqual({ creates: 0, patches: [{ suspend: true }] })
    const { status } = planOf(changed(anExperiment({ ...wide, suspend: true }, marked), 2), late)
    expect(types(status)).toEqual(['Created True', 'Running True', 'Suspended True'])
  })

  test('a failure while it is suspended leaves no condition Suspended behind', () => {
    const trials = [silent(0), silent(1), silent(2)]
    const suspended = planOf(anExperiment({ ...wide, suspend: true }), trials).status
    const failed = planOf(anExperiment({ ...wide, suspend: true, maxFailedTrialCount: 3 }, suspended), trials).status
    expect(failed?.conditions?.map(({ type }) => type)).toEqual(['Created', 'Running', 'Failed'])
    expect(failed?.conditions?.at(-1)?.message).toContain(NEVER)
  })
})
