/** What a cluster says of jobs that cannot be made, and of jobs that cannot make their pods. */
import { expect, test } from 'vitest'
import { ApiError, type Resource } from '#api'
import type { ReadingClient } from '#kube'
import { readTrial, type TrialSources } from '../../../controller/trial/read.ts'
import { RefusedJobs } from '../../../controller/trial/refused-jobs.ts'
import { RefusedPods } from '../../../controller/trial/refused-pods.ts'
import { aJob, aTrial, ended } from '../../support/builders.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const trial = { self: aTrial(0), job: undefined }
const refusal = (code: number, said: string) => Promise.reject(new ApiError(code, 'Forbidden', said))

test.each([
  [403, true],
  [422, true],
  [409, false],
  [429, false],
  [500, false],
])('an answer with code %i counts as a refusal of the job: %s', async (code, counts) => {
  const jobs = new RefusedJobs()
  await expect(jobs.heard(trial, refusal(code, 'exceeded quota'))).rejects.toThrow('exceeded quota')
  expect(jobs.of(trial)).toEqual(counts ? { jobRefused: 'its Job is refused: exceeded quota' } : {})
  await jobs.heard(trial, Promise.resolve())
  expect(jobs.of(trial)).toEqual({})
})

test('of a job that is there no refusal is its own', async () => {
  const jobs = new RefusedJobs()
  await expect(jobs.heard({ ...trial, job: aJob(0) }, refusal(403, 'no'))).rejects.toThrow('no')
  expect(jobs.of(trial)).toEqual({})
})

test('of a trial that is gone nothing is remembered', async () => {
  const jobs = new RefusedJobs()
  await expect(jobs.heard(trial, refusal(403, 'no'))).rejects.toThrow('no')
  jobs.forget(trial.self)
  expect(jobs.of(trial)).toEqual({})
})

const event = (reason: string, message: string, lastTimestamp: string) => ({
  reason,
  message,
  lastTimestamp,
  metadata: {},
})

test("the latest word of the job's controller counts, and is asked for every half minute", async () => {
  const clock = createFakeClock()
  const asked: (string | undefined)[] = []
  const client = {
    list: async (_: object, { fieldSelector }: { fieldSelector?: string }) => {
      asked.push(fieldSelector)
      const items = [
        event('FailedCreate', 'exceeded quota: new', '2026-01-01T00:00:09Z'),
        event('FailedCreate', 'exceeded quota: old', '2026-01-01T00:00:01Z'),
        event('Suspended', 'Job suspended', '2026-01-01T00:00:10Z'),
      ]
      return { items: items as unknown as Resource[], resourceVersion: '1' }
    },
  } as unknown as ReadingClient
  const pods = new RefusedPods(client, clock)
  const because = () => pods.because(aJob(0), new AbortController().signal)
  expect([await because(), await because()]).toEqual(['exceeded quota: new', 'exceeded quota: new'])
  expect(asked).toEqual([`involvedObject.uid=${aJob(0).metadata.uid}`])
  clock.leap(30_000)
  await because()
  expect(asked).toHaveLength(2)
})

test('where events may not be read nothing is said', async () => {
  const client = { list: () => refusal(403, 'no') } as unknown as ReadingClient
  const pods = new RefusedPods(client, createFakeClock())
  expect(await pods.because(aJob(0), new AbortController().signal)).toBeUndefined()
})

test.each([
  { name: 'has not begun', status: {}, asks: ['e-0'] },
  { name: 'is complete', status: ended('Complete'), asks: [] },
  { name: 'has failed', status: ended('Failed'), asks: [] },
])('a job without a pod that $name long after its Trial began: asked about $asks', async ({ status, asks }) => {
  const asked: string[] = []
  const only = (object: Resource | undefined) => ({
    hasSynced: true,
    synced: async () => {},
    get: () => object,
    byIndex: () => [],
  })
  const job = aJob(0, status)
  const caches = {
    ...{ trials: only(aTrial(0, 'Running')), experiments: only(undefined), suggestions: only(undefined) },
    ...{ jobs: () => only(job), pods: () => only(undefined) },
  }
  // What else a trial is read from has nothing to say of one whose Experiment is gone.
  const sources = {
    caches,
    observations: { summary: async () => ({ metrics: [], final: true }) },
    clock: createFakeClock(Date.parse('2026-01-01T10:01:00Z')),
    client: { logs: async function* () {} },
    overdue: { graceMs: () => undefined },
    refusedPods: { because: async ({ metadata }: Resource) => void asked.push(metadata.name) },
  } as unknown as TrialSources
  await readTrial('default/e-0', sources, new AbortController().signal)
  expect(asked).toEqual(asks)
})
