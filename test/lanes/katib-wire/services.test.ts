/** Katib's own Python stubs and SDK against the DBManager and EarlyStopping of a real server. */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/qalam.ts'
import { KatibPeer } from './peer.ts'
import { katibPython } from './python.ts'
import { anExperiment, type KatibServer, startKatibServer } from './server.ts'

const python = await katibPython()
const SECOND = '2026-01-02T03:04:05Z'

describe.skipIf(python === undefined)("Katib's stubs and the DBManager", () => {
  let server: KatibServer
  let peer: KatibPeer
  let trial: string
  const directory = temporaryDirectory()

  beforeAll(async () => {
    peer = new KatibPeer(python as string)
    server = await startKatibServer()
    const command = ['sh', '-c', ': ${trialParameters.x}; exec sleep 600']
    await server.run('apply', '-f', anExperiment(directory.path, { name: 'wire', namespace: 'default', command }))
    trial = (await server.trial('default')).metadata.name
  })
  afterAll(async () => {
    await peer?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  })

  const ask = (method: string, request: object, metadata = {}) =>
    peer.ask({
      address: server.grpc,
      service: 'DBManager',
      method,
      request: { trial_name: trial, ...request },
      metadata,
    })
  const report = (...logs: [time: string, name: string, value: string][]) =>
    ask('ReportObservationLog', {
      observation_log: {
        metric_logs: logs.map(([time_stamp, name, value]) => ({ time_stamp, metric: { name, value } })),
      },
    })

  test('our description of the wire is the one that Katib generated its stubs from', async () => {
    const told = await peer.ask({ address: server.grpc, service: 'api.v1.beta1.DBManager', method: 'describe' })
    expect(told.services).toContain('api.v1.beta1.DBManager')
    expect(told.served).toEqual(told.katib)
  })

  test('report, report again, get, and delete with the token alone', async () => {
    expect(await report([SECOND, 'loss', '0.50'], ['2026-01-02T04:04:06.5+01:00', 'accuracy', '1e-3'])).toEqual({})
    expect(await report([SECOND, 'loss', '0.50'], ['2026-01-02T04:04:06.5+01:00', 'accuracy', '1e-3'])).toEqual({})
    expect(await ask('GetObservationLog', {})).toEqual({
      observation_log: {
        metric_logs: [
          { time_stamp: SECOND, metric: { name: 'loss', value: '0.50' } },
          { time_stamp: '2026-01-02T03:04:06.5Z', metric: { name: 'accuracy', value: '1e-3' } },
        ],
      },
    })
    expect(await ask('DeleteObservationLog', {})).toMatch(/^UNAUTHENTICATED: observations are deleted by/)
    expect(await ask('DeleteObservationLog', {}, { authorization: `Bearer ${server.token}` })).toEqual({})
    expect(await ask('GetObservationLog', {})).toEqual({ observation_log: {} })
  })

  test('an unknown trial: nothing to get, and a report that is not lost in silence', async () => {
    expect(await ask('GetObservationLog', { trial_name: 'nobody' })).toEqual({ observation_log: {} })
    expect(await ask('ReportObservationLog', { trial_name: 'nobody' })).toBe('NOT_FOUND: no trial is named "nobody"')
  })

  test('a message beyond 32 MiB is refused', async () => {
    expect(await report([SECOND, 'loss', 'x'.repeat(33 << 20)])).toMatch(/^RESOURCE_EXHAUSTED: /)
  })

  test('health probes', async () => {
    const check = (service: string) =>
      peer.ask({ address: server.grpc, service: 'Health', method: 'Check', request: { service } })
    expect(await check('')).toBe('SERVING')
    expect(await check('grpc.health.v1.Health')).toBe('SERVING')
    expect(await check('other')).toBe('NOT_FOUND: no service "other" is served here')
  })

  test('SetTrialStatus ends a running trial as early stopped, with what it reported', async () => {
    const command = ['sh', '-c', `: $\{trialParameters.x}; exec sleep 600`]
    const file = anExperiment(directory.path, { name: 'stopped', namespace: 'team-a', command })
    await server.run('apply', '-f', file)
    const trial_name = (await server.trial('team-a')).metadata.name
    const metric_logs = [{ time_stamp: SECOND, metric: { name: 'loss', value: '0.5' } }]
    expect(await ask('ReportObservationLog', { trial_name, observation_log: { metric_logs } })).toEqual({})
    const told = { service: 'EarlyStopping', method: 'SetTrialStatus', request: { trial_name } }
    expect(await peer.ask({ address: server.grpc, ...told })).toEqual({})
    const { status } = await server.trial('team-a', /^\{.*"type":"EarlyStopped".*\}$/m)
    expect(status?.conditions?.at(-1)).toMatchObject({
      type: 'EarlyStopped',
      message: 'Trial is early stopped: its metrics collector stopped it',
    })
    expect(status?.observation?.metrics?.[0]).toMatchObject({ name: 'loss', latest: '0.5' })
  })

  test("the SDK's get_trial_metrics", async () => {
    await report([SECOND, 'loss', '0.25'])
    const program = `
import sys
from kubeflow.katib import KatibClient
client = KatibClient(config_file=sys.argv[1], namespace="default")
for log in client.get_trial_metrics(sys.argv[2], db_manager_address=sys.argv[3]):
    print(log.time_stamp, log.metric.name, log.metric.value)`
    const args = ['-c', program, server.kubeconfig, trial, server.grpc]
    expect(execFileSync(python as string, args, { encoding: 'utf8' })).toBe(`${SECOND} loss 0.25\n`)
  })
})
