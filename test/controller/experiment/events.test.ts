import { expect, test } from 'vitest'
import type { Experiment, ExperimentStatus, Trial } from '#api'
import { plan } from '../../../controller/experiment/plan.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { anExperiment, aSuggestion, aTrial } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
/** What is told of an Experiment as it stands, and the status that is written with it. */
function look(self: Experiment, trials: readonly Trial[] = []) {
  const { events = [], status } = plan(
    {
      self,
      suggestion: aSuggestion(),
      trials: new TrialRoll(trials),
      problems: [],
      sinceStatusMs: Number.POSITIVE_INFINITY,
    },
    now,
  )
  const told = events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
  return { told, self: { ...self, status: status as ExperimentStatus } }
}

test('its events tell its story, each thing once', () => {
  const born = look(anExperiment({ maxTrialCount: 3 }))
  expect(born.told).toEqual([
    'Normal ExperimentCreated: Experiment is created',
    'Normal ExperimentRunning: Experiment is running: random searches with up to 3 trials, 2 at a time',
  ])
  expect(look(born.self).told).toEqual([])

  const first = look(born.self, [aTrial(0, 'Succeeded', '3'), aTrial(1, 'Running')])
  expect(first.told).toEqual(['Normal NewBestTrial: e-0 is the best so far: loss=3 with x=0.5'])
  const worse = look(first.self, [aTrial(0, 'Succeeded', '3'), aTrial(1, 'Succeeded', '4')])
  expect(worse.told).toEqual([])

  const last = look(worse.self, [aTrial(0, 'Succeeded', '3'), aTrial(1, 'Succeeded', '4'), aTrial(2, 'Succeeded', '1')])
  expect(last.told).toEqual([
    'Normal NewBestTrial: e-2 is the best so far: loss=1 with x=0.5',
    'Normal ExperimentMaxTrialsReached: Experiment has succeeded because max trial count has reached',
  ])
})

test('a failure is a warning', () => {
  const { told } = look(anExperiment({ maxFailedTrialCount: 1 }), [aTrial(0, 'Failed')])
  expect(told.at(-1)).toMatch(/^Warning ExperimentFailed: Experiment has failed because max failed count has reached/)
})

test('suspended by its user and let go again', () => {
  const born = look(anExperiment()).self
  const suspended = look({ ...born, spec: { ...born.spec, suspend: true } })
  expect(suspended.told).toEqual(['Normal ExperimentSuspended: Experiment is suspended: no new trials are started'])
  expect(look(suspended.self).told).toEqual([])
  expect(look({ ...suspended.self, spec: born.spec }).told).toEqual(['Normal ExperimentResumed: Experiment goes on'])
})

test('finished, and its budget raised twice: restarted each time', () => {
  const raised = (self: Experiment, maxTrialCount: number, generation: number) => ({
    ...self,
    metadata: { ...self.metadata, generation },
    spec: { ...self.spec, maxTrialCount, resumePolicy: 'LongRunning' as const },
  })
  const ended = (count: number) => Array.from({ length: count }, (_, i) => aTrial(i, 'Succeeded', '1'))
  const once = look(look(raised(anExperiment(), 1, 1)).self, ended(1)).self
  const again = look(raised(once, 2, 2), ended(1))
  expect(again.told[0]).toBe('Normal ExperimentRestarting: Experiment is restarted')
  const twice = look(raised(look(again.self, ended(2)).self, 3, 3), ended(2))
  expect(twice.told[0]).toBe('Normal ExperimentRestarting: Experiment is restarted')
})
