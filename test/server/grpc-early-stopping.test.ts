import { afterEach, describe, expect, test } from 'vitest'
import { openKatibWire, trialToken } from '#server'
import { createMemoryObservationStore } from '#store'
import { aTrial, Cluster, TOKEN } from './cluster.ts'
import { aPeer } from './grpc-client.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  await opened.disposeAsync()
  opened = new AsyncDisposableStack()
})

/** tune-0, tune-1 and tune-2 reported; averages of the first two: 1, 2, 30. tune-3 reported nothing. */
async function serving() {
  const cluster = new Cluster()
  cluster.trials.add(...[0, 1, 2, 3].map(number => aTrial('tune', number)))
  const observations = createMemoryObservationStore({ now: () => new Date(0) })
  for (const [number, values] of [
    [0, '1 1 99'],
    [1, '1 3 99'],
    [2, '30 30'],
  ] as const) {
    const rows = values.split(' ').map((value, sequence) => ({ metricName: 'loss', value, sequence }))
    await observations.append({ trialUid: `uid-tune-${number}`, attempt: 0, stream: 's', rows })
  }
  const told: string[] = []
  const wire = opened.use(
    await openKatibWire({
      informers: cluster.informers,
      observations,
      token: TOKEN,
      recordEarlyStop: async trial => void told.push(trial.metadata.name),
      log: () => {},
    }),
  )
  const peer = opened.use(aPeer((await wire.listen(0)).address, 'api.v1.beta1.EarlyStopping'))
  return { peer, told }
}

const rule = (settings: Record<string, string> = {}, algorithmName = 'medianstop') => ({
  algorithmName,
  algorithmSettings: Object.entries(settings).map(([name, value]) => ({ name, value })),
})
const asked = (earlyStopping: object, type: 'MINIMIZE' | 'MAXIMIZE', conditions: readonly string[]) => ({
  experiment: { name: 'tune', spec: { objective: { type, objectiveMetricName: 'loss' }, earlyStopping } },
  trials: conditions.map((condition, number) => ({ name: `tune-${number}`, status: { condition } })),
  dbManagerAddress: 'katib-db-manager.kubeflow:6789',
})
const DONE = ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']

describe('rules', () => {
  const fixed = (value: string, comparison = 'GREATER') => [{ name: 'loss', value, comparison, startStep: 2 }]
  const rows: readonly [string, object, 'MINIMIZE' | 'MAXIMIZE', readonly string[], object[]][] = [
    ['the median of the averages of the first reports', { start_step: '2' }, 'MINIMIZE', DONE, fixed('2')],
    ['compat: katib, their mean', { start_step: '2', compat: 'katib' }, 'MINIMIZE', DONE, fixed('11')],
    ['maximised: less than', { start_step: '2' }, 'MAXIMIZE', DONE, fixed('2', 'LESS')],
    ['too few have succeeded: none', { start_step: '2' }, 'MINIMIZE', ['SUCCEEDED', 'EARLYSTOPPED', 'RUNNING'], []],
    ['a trial without a log does not count', { start_step: '2' }, 'MINIMIZE', ['FAILED', ...DONE], []],
  ]
  test.each(rows)('%s', async (_, settings, type, conditions, earlyStoppingRules) => {
    const { peer } = await serving()
    const reply = await peer.ask(
      'GetEarlyStoppingRules',
      asked(rule(settings as Record<string, string>), type, conditions),
    )
    expect(reply).toEqual({ earlyStoppingRules })
  })
})

describe('settings', () => {
  test.each([
    ['defaults', rule(), {}],
    ['numbers', rule({ min_trials_required: '1', start_step: '8' }), {}],
    [
      'every problem at once',
      rule({ start_step: '0', colour: 'red' }),
      'INVALID_ARGUMENT: start_step: expected an integer >= 1, got "0"; colour: medianstop has no such setting',
    ],
    ['unknown', rule({}, 'mystery'), 'INVALID_ARGUMENT: early stopping "mystery" is unknown; here there is medianstop'],
    [
      'a rule that only a running trial can be asked',
      rule({}, 'patience'),
      'INVALID_ARGUMENT: early stopping "patience" has no threshold that is known before a trial starts; here there is medianstop',
    ],
    ['none', undefined, 'INVALID_ARGUMENT: early_stopping.algorithm_name is empty'],
  ])('%s', async (_, earlyStopping, says) => {
    const { peer } = await serving()
    expect(await peer.ask('ValidateEarlyStoppingSettings', { earlyStopping })).toEqual(says)
  })
})

test('a collector that stopped its trial is noted, for the trial that it is of', async () => {
  const { peer, told } = await serving()
  expect(await peer.ask('SetTrialStatus', { trialName: 'tune-1' })).toEqual({})
  expect(await peer.ask('SetTrialStatus', { trialName: 'nobody' })).toBe('NOT_FOUND: no trial is named "nobody"')
  const authorization = `Bearer ${trialToken(TOKEN, 'uid-tune-0')}`
  expect(await peer.ask('SetTrialStatus', { trialName: 'tune-1' }, { authorization })).toMatch(/^UNAUTHENTICATED/)
  expect(told).toEqual(['tune-1'])
})
