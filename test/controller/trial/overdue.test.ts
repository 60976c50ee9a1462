import { expect, test } from 'vitest'
import { OverdueTrials } from '../../../controller/trial/overdue.ts'
import { plan } from '../../../controller/trial/plan.ts'
import type { TrialWorld } from '../../../controller/trial/world.ts'
import { aJob, anExperiment, aSuggestion, aTrial } from '../../support/builders.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const startTime = '2026-01-01T10:00:00Z'
const running: TrialWorld = {
  self: aTrial(0, 'Running'),
  experiment: anExperiment({ trialDeadlines: { runningSeconds: 30 } }),
  suggestion: aSuggestion(),
  job: aJob(0, { ready: 1, active: 1, startTime }),
  summary: undefined,
}
const clockAt = (time: string) => createFakeClock(time)

test('a deadline that passed while nobody looked ends nothing before it was seen for 5 s', async () => {
  const clock = clockAt('2026-01-01T11:00:00Z')
  const overdue = new OverdueTrials(clock)
  expect(overdue.graceMs(running)).toBe(5_000)
  await clock.advance(3_000)
  expect(overdue.graceMs(running)).toBe(2_000)
  await clock.advance(2_000)
  expect(overdue.graceMs(running)).toBe(0)
})

test('what is no longer overdue is seen from the beginning when it is so again', async () => {
  const clock = clockAt('2026-01-01T11:00:00Z')
  const overdue = new OverdueTrials(clock)
  overdue.graceMs(running)
  await clock.advance(4_000)
  expect(overdue.graceMs({ ...running, experiment: anExperiment() })).toBeUndefined()
  expect(overdue.graceMs(running)).toBe(5_000)
})

test('a short deadline is seen for no longer than it lasts', () => {
  const overdue = new OverdueTrials(clockAt('2026-01-01T11:00:00Z'))
  expect(overdue.graceMs({ ...running, experiment: anExperiment({ trialDeadlines: { runningSeconds: 1 } }) })).toBe(
    1_000,
  )
})

test('metrics that are owed for too long have as much time as a collector that tries again', () => {
  const self = aTrial(0, 'Running')
  const conditions = self.status?.conditions?.map(one => ({ ...one, reason: 'WaitingForMetrics' }))
  const owing = { ...running, self: { ...self, status: { ...self.status, conditions } } } as TrialWorld
  expect(new OverdueTrials(clockAt('2026-01-01T10:04:00Z')).graceMs(owing)).toBe(5_000)
  const experiment = anExperiment()
  expect(new OverdueTrials(clockAt('2026-01-01T10:04:00Z')).graceMs({ ...owing, experiment })).toBeUndefined()
  expect(new OverdueTrials(clockAt('2026-01-01T10:06:00Z')).graceMs({ ...owing, experiment })).toBe(60_000)
})

test('in its grace a trial stays as it is and is looked at again when that is over', () => {
  const now = new Date('2026-01-01T11:00:00Z')
  expect(plan({ ...running, deadlineGraceMs: 4_000 }, now)).toEqual({ requeueAfterMs: 4_000 })
  expect(plan(running, now).status?.conditions?.at(-1)?.reason).toBe('Stopping')
})
