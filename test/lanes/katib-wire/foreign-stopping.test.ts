/** A rule for stopping early that is somebody's Python service with Katib's stubs, beside a built-in search, over real trials. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Experiment } from '#api'
import { qalam, temporaryDirectory } from '../../support/qalam.ts'
import { type ForeignPeer, startStopping } from './foreign-peer.ts'
import { KatibPeer } from './peer.ts'
import { katibPython } from './python.ts'
import { anExperiment, type KatibServer, startKatibServer, trialsOf } from './server.ts'

const python = await katibPython()

describe.skipIf(python === undefined)('a rule that is a service', () => {
  const directory = temporaryDirectory()
  let service: ForeignPeer
  let server: KatibServer
  let peer: KatibPeer

  beforeAll(async () => {
    const kubeconfig = join(directory.path, 'kubeconfig')
    peer = new KatibPeer(python as string)
    service = await startStopping(python as string, kubeconfig)
    server = await startKatibServer({ flags: ['--early-stopping-endpoint', `theirs=${service.address}`] })
    copyFileSync(server.kubeconfig, kubeconfig)
  }, 60_000)
  afterAll(async () => {
    await peer?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    await service?.[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  })

  function stopped(name: string, script: string, spec: object = {}): string {
    return anExperiment(directory.path, {
      name,
      namespace: 'default',
      command: ['sh', '-c', `: $\{trialParameters.x}; ${script}`],
      spec: {
        objective: { type: 'minimize', objectiveMetricName: 'loss' },
        earlyStopping: { algorithmName: 'theirs', algorithmSettings: settings('min_trials', 'start_step') },
        metricsCollectorSpec: { collector: { kind: 'StdOut' } },
        ...spec,
      },
    })
  }
  const settings = (...names: readonly string[]) => names.map((name, i) => ({ name, value: String(i + 1) }))
  const applied = async (file: string) => expect(await server.run('apply', '-f', file)).toMatchObject({ code: 0 })
  const named = (name: string, like: string) => new RegExp(`^\\{.*"name":"${name}".*${like}.*\\}$`, 'm')

  test('it judges its settings, reads what ended trials reported, and our collectors stop by its bounds', async () => {
    const first = join(directory.path, 'first')
    const script = `if mkdir ${first}; then echo loss=1; echo loss=3; else for i in 1 2 3; do echo loss=5; done; sleep 600; fi`
    await applied(stopped('ruled', script, { maxTrialCount: 3 }))
    const { status } = await server.seen<Experiment>('experiments', 'default', named('ruled', '"trialsEarlyStopped":2'))
    expect(status?.trialsSucceeded).toBe(1)
    const trials = await trialsOf(server.run, 'default')
    const rules = [{ name: 'loss', value: '2.0', comparison: 'greater', startStep: 2 }]
    const facts = trials.map(({ spec, status }) => [spec.earlyStoppingRules, status?.phase, status?.observation])
    const observed = (latest: string) => ({ metrics: [expect.objectContaining({ name: 'loss', latest })] })
    expect(facts).toHaveLength(3)
    expect(facts).toEqual(
      expect.arrayContaining([
        [undefined, 'Succeeded', observed('3')],
        [rules, 'EarlyStopped', observed('5')],
      ]),
    )
    expect(await service.asked('ValidateEarlyStoppingSettings', 1)).toEqual([
      { early_stopping: { algorithm_name: 'theirs', algorithm_settings: settings('min_trials', 'start_step') } },
    ])
    const asked = await service.asked('GetEarlyStoppingRules', 3)
    expect(asked.at(-1)).toMatchObject({
      experiment: { name: 'ruled', spec: { objective: { type: 'MINIMIZE', objective_metric_name: 'loss' } } },
      trials: expect.arrayContaining([
        expect.objectContaining({ status: expect.objectContaining({ condition: 'SUCCEEDED' }) }),
      ]),
      db_manager_address: server.grpc,
    })
  })

  test('settings that it refuses fail the experiment with its words', async () => {
    const earlyStopping = { algorithmName: 'theirs', algorithmSettings: settings('taste') }
    await applied(stopped('refused', 'true', { earlyStopping }))
    const { status } = await server.seen<Experiment>('experiments', 'default', named('refused', '"type":"Failed"'))
    expect(status?.conditions?.at(-1)?.message).toMatch(
      /Validation failed: ValidateEarlyStoppingSettings Error: taste: it is not to mine$/,
    )
  })

  test('a trial that it says is stopped ends so, with what it reported, and its program is gone', async () => {
    await applied(stopped('told', 'echo loss=0.5; exec sleep 600'))
    const { metadata } = await server.trial('default', /^\{.*"name":"told-.*"phase":"Running".*\}$/m)
    await server.seen('pods', 'default', new RegExp(`^\\{.*"name":"${metadata.name}.*"phase":"Running".*\\}$`, 'm'))
    const question = { method: 'SetTrialStatus', request: { trial_name: metadata.name } }
    expect(await peer.ask({ address: service.address, service: 'EarlyStopping', ...question })).toEqual({})
    const ended = new RegExp(`^\\{.*"name":"${metadata.name}".*"phase":"EarlyStopped".*\\}$`, 'm')
    const { status } = await server.trial('default', ended)
    expect(status?.conditions).toEqual([
      expect.objectContaining({ type: 'Created', status: 'True' }),
      expect.objectContaining({ type: 'Running', status: 'False' }),
      expect.objectContaining({
        type: 'EarlyStopped',
        status: 'True',
        message: 'Trial is early stopped: its stopping service stopped it',
      }),
    ])
    expect(status?.completionTime).toMatch(/Z$/)
    expect(status?.observation?.metrics?.[0]).toMatchObject({ name: 'loss', latest: '0.5' })
  })

  test('it does not combine with others, and an address that is none is refused', async () => {
    const earlyStopping = {
      algorithmName: 'any',
      rules: [{ algorithmName: 'theirs' }, { algorithmName: 'medianstop' }],
    }
    const refused = await server.run('apply', '-f', stopped('combined', 'true', { earlyStopping }))
    expect(refused.code).toBe(7)
    expect(refused.stderr).toMatch(/spec\.earlyStopping\.rules\[0\]\.algorithmName: expected a rule that is built in/)
    const wrong = await qalam([
      'server',
      '--early-stopping-endpoint',
      'theirs',
      '--data-dir',
      join(directory.path, 'no'),
    ])
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'qalam: --early-stopping-endpoint theirs: expected RULE=HOST:PORT\n',
    ])
  })
})
