/** An algorithm that is somebody's Python service with Katib's stubs, searching for real trials of one machine. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Experiment, Suggestion } from '#api'
import { qalam, temporaryDirectory } from '../../support/qalam.ts'
import { type ForeignPeer, startAlgorithm } from './foreign-peer.ts'
import { katibPython } from './python.ts'
import { anExperiment, type KatibServer, startKatibServer } from './server.ts'

const python = await katibPython()

describe.skipIf(python === undefined)('an algorithm that is a service', () => {
  const directory = temporaryDirectory()
  let service: ForeignPeer
  let server: KatibServer

  beforeAll(async () => {
    service = await startAlgorithm(python as string)
    server = await startKatibServer({ flags: ['--suggestion-endpoint', `mine=${service.address}`] })
  }, 60_000)
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await service?.[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  })

  async function applied(name: string, answers: string, budget: object = {}): Promise<void> {
    const file = anExperiment(directory.path, {
      name,
      namespace: 'default',
      command: ['sh', '-c', `echo loss=$\{trialParameters.x} >> $QALAM_METRICS_FILE`],
      spec: {
        algorithm: { algorithmName: 'mine', algorithmSettings: [{ name: 'answers', value: answers }] },
        objective: { type: 'minimize', objectiveMetricName: 'loss' },
        ...budget,
      },
    })
    expect(await server.run('apply', '-f', file)).toMatchObject({ code: 0 })
  }
  const named = (name: string, like: string) => new RegExp(`^\\{.*"name":"${name}".*${like}.*\\}$`, 'm')

  test('its values are tried, its labels stand on the trials, and it is told what came of them', async () => {
    await applied('walked', 'well', { maxTrialCount: 6, parallelTrialCount: 2 })
    const experiment = await server.seen<Experiment>('experiments', 'default', named('walked', '"trialsSucceeded":6'))
    expect(Number(experiment.status?.currentOptimalTrial?.observation?.metrics?.[0]?.latest)).toBe(0)
    const { stdout } = await server.run('get', 'trials', '-o', 'jsonl')
    const trials = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const values = trials.map(({ spec }) => Number(spec.parameterAssignments[0].value)).sort((a, b) => a - b)
    expect(values).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5].map(value => expect.closeTo(value, 9)))
    expect(trials.map(({ metadata }) => metadata.labels.step).sort()).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(await service.asked('ValidateAlgorithmSettings', 1)).toHaveLength(1)
    const questions = await service.asked('GetSuggestions', 1)
    expect(questions[0]).toMatchObject({
      experiment: {
        name: 'walked',
        spec: {
          algorithm: { algorithm_name: 'mine', algorithm_settings: [{ name: 'answers', value: 'well' }] },
          objective: { type: 'MINIMIZE', objective_metric_name: 'loss' },
          parallel_trial_count: 2,
          max_trial_count: 6,
          parameter_specs: { parameters: [{ name: 'x', parameter_type: 'DOUBLE' }] },
        },
      },
    })
    const last = questions.at(-1)
    expect(last.total_request_number).toBe(6)
    const ended = last.trials.filter(({ status }: Told) => status.condition === 'SUCCEEDED')
    expect(ended.length).toBeGreaterThanOrEqual(2)
    for (const { spec, status } of ended as readonly Told[]) {
      const value = Number(spec.parameter_assignments.assignments[0]?.value)
      expect(Number(status.observation.metrics[0]?.value)).toBeCloseTo(value, 9)
      expect(status.start_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    }
  })

  test('a service that refuses the settings fails the experiment with its words', async () => {
    await applied('refused', 'refusal')
    const experiment = await server.seen<Experiment>('experiments', 'default', named('refused', '"type":"Failed"'))
    expect(experiment.status?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      reason: 'ExperimentFailed',
      message:
        'Suggestion has failed: Validation failed: ValidateAlgorithmSettings Error: answers: it is not to my taste',
    })
  })

  test.each([
    { answers: 'fewer', says: /parameter_assignments: expected 1, as many as asked for, got 0/ },
    { answers: 'outside', says: /parameter_assignments\[0\]\.x: expected a number from 0 to 1, got "2e9"/ },
  ])('of a reply with $answers nothing is tried, and a condition says why', async ({ answers, says }) => {
    const name = `wrong-${answers}`
    await applied(name, answers)
    const { status } = await server.seen<Suggestion>('suggestions', 'default', named(name, 'AskFailed'))
    expect(status?.conditions?.find(({ type }) => type === 'Degraded')?.message).toMatch(says)
    expect(status?.suggestionCount ?? 0).toBe(0)
    const why = await server.run('why', name)
    expect(why.stdout).toMatch(says)
  })

  test('an endpoint that is none, and an algorithm that nobody has', async () => {
    const data = ['--data-dir', join(directory.path, 'none')]
    const wrong = await qalam(['server', '--suggestion-endpoint', 'mine', ...data])
    expect([wrong.code, wrong.stderr]).toEqual([2, 'qalam: --suggestion-endpoint mine: expected ALGORITHM=HOST:PORT\n'])
    const file = anExperiment(directory.path, {
      name: 'nobodys',
      namespace: 'default',
      command: ['true', '$' + '{trialParameters.x}'],
      spec: { algorithm: { algorithmName: 'theirs' } },
    })
    const refused = await server.run('apply', '-f', file)
    expect(refused.code).toBe(7)
    expect(refused.stderr).toMatch(/spec\.algorithm\.algorithmName: expected one of .*mine.*, got "theirs"/)
  })
})

interface Told {
  readonly spec: { readonly parameter_assignments: { readonly assignments: readonly { readonly value: string }[] } }
  readonly status: {
    readonly condition: string
    readonly start_time: string
    readonly observation: { readonly metrics: readonly { readonly value: string }[] }
  }
}
