import { expect, test } from 'vitest'
import type { Trial } from '#api'
import { anExperiment, aTrial, bearer, Cluster } from '../cluster.ts'

const base = '/api/v1/namespaces/team-a/experiments/tune'
const conditions = [{ type: 'Running', status: 'True', reason: 'ExperimentRunning' }]
const never = (lines: number, rest = 'print it') =>
  `"loss" was never seen in ${lines} lines of standard output; ${rest}`

function silent(number: number, sentence: string): Trial {
  const message = `Metrics are not available: ${sentence}. Job message: done`
  return aTrial('tune', number, undefined, {
    phase: 'MetricsUnavailable',
    conditions: [{ type: 'MetricsUnavailable', status: 'True', reason: 'MetricsUnavailable', message }],
  })
}

async function asking(...trials: readonly Trial[]) {
  const cluster = new Cluster()
  cluster.experiments.add(anExperiment('tune', { status: { conditions } }))
  cluster.trials.add(...trials)
  const server = await cluster.serve()
  return {
    cluster,
    ask: async (path: string) => {
      const response = await server.inject({ url: `${base}${path}`, headers: bearer })
      return { status: response.statusCode, body: response.json() }
    },
  }
}

test('why: one sentence with a next step', async () => {
  const { ask } = await asking(aTrial('tune', 0))
  expect((await ask('/why')).body).toEqual({
    state: 'Running',
    sentence: '1 trial runs, 0 of any number have ended',
    next: 'follow it: `qalam logs -f tune-0`',
    trial: 'tune-0',
  })
})

test('why of an experiment that is not there: 404', async () => {
  const { cluster, ask } = await asking()
  cluster.experiments.remove(cluster.experiments.list()[0])
  expect((await ask('/why')).status).toBe(404)
})

test('while the store is away it says so', async () => {
  const { cluster, ask } = await asking(aTrial('tune', 0))
  cluster.storeRefusal = new Error('the database restarts')
  expect((await ask('/why')).body).toMatchObject({
    state: 'StoreAway',
    sentence: 'the observation store does not answer: the database restarts',
  })
})

test('diagnosis of a trial: the sentence of its condition', async () => {
  const { ask } = await asking(silent(0, never(3)), aTrial('tune', 1, '0.5'))
  expect((await ask('/trials/tune-0/diagnosis')).body).toMatchObject({
    trial: 'tune-0',
    diagnosis: never(3),
    why: { state: 'MetricsUnavailable', sentence: `trial tune-0: ${never(3)}` },
  })
  const reported = (await ask('/trials/tune-1/diagnosis')).body
  expect([reported.diagnosis, reported.why.state]).toEqual([undefined, 'TrialEnded'])
  expect((await ask('/trials/other/diagnosis')).status).toBe(404)
})

test('diagnosis of an experiment: causes, the most frequent first', async () => {
  const { ask } = await asking(silent(0, 'x is empty'), silent(1, never(1)), silent(2, never(20, 'write it')))
  expect((await ask('/diagnosis')).body).toEqual({
    experiment: 'team-a/tune',
    objective: 'loss',
    causes: [
      { diagnosis: never(20, 'write it'), count: 2, trials: ['tune-1', 'tune-2'] },
      { diagnosis: 'x is empty', count: 1, trials: ['tune-0'] },
    ],
  })
})
