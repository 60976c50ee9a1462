/** Katib's stubs and the EarlyStopping service: a collector that is not ours stops its trial and says so. */
import { afterAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/qalam.ts'
import { KatibPeer } from './peer.ts'
import { katibPython } from './python.ts'
import { anExperiment, startKatibServer } from './server.ts'

const python = await katibPython()

describe.skipIf(python === undefined)("Katib's stubs and EarlyStopping", () => {
  const directory = temporaryDirectory()
  afterAll(() => directory[Symbol.dispose]())

  test('SetTrialStatus ends a running trial as early stopped, with what it reported', async () => {
    await using peer = new KatibPeer(python as string)
    await using server = await startKatibServer()
    const ask = (service: string, method: string, request: object) =>
      peer.ask({ address: server.grpc, service, method, request })
    const command = ['sh', '-c', `: $\{trialParameters.x}; exec sleep 600`]
    await server.run('apply', '-f', anExperiment(directory.path, { name: 'stopped', namespace: 'default', command }))
    const trial_name = (await server.trial('default')).metadata.name
    const metric_logs = [{ time_stamp: '2026-01-02T03:04:05Z', metric: { name: 'loss', value: '0.5' } }]
    await ask('DBManager', 'ReportObservationLog', { trial_name, observation_log: { metric_logs } })
    expect(await ask('EarlyStopping', 'SetTrialStatus', { trial_name })).toEqual({})
    const { status } = await server.trial('default', /^\{.*"type":"EarlyStopped".*\}$/m)
    expect(status?.conditions?.at(-1)).toMatchObject({
      type: 'EarlyStopped',
      message: 'Trial is early stopped: its metrics collector stopped it',
    })
    expect(status?.observation?.metrics?.[0]).toMatchObject({ name: 'loss', latest: '0.5' })
  })
})
