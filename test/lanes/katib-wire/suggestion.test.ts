/** A Katib that stays: its stubs drive our algorithms as its suggestion controller does. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finished, says, start, temporaryDirectory } from '../../support/qalam.ts'
import { KatibPeer } from './peer.ts'
import { katibPython } from './python.ts'

const python = await katibPython()

interface Reply {
  readonly parameter_assignments: readonly {
    readonly assignments: readonly { readonly name: string; readonly value: string }[]
    readonly trial_name?: string
    readonly labels?: Readonly<Record<string, string>>
  }[]
}

const PARALLEL = 3
const MAX = 12

function anExperiment(algorithm_name: string, settings: Readonly<Record<string, string>> = {}, spec: object = {}) {
  const space = (name: string, parameter_type: string, feasible_space: object) => ({
    name,
    parameter_type,
    feasible_space,
  })
  return {
    name: 'stays',
    spec: {
      parameter_specs: {
        parameters: [
          space('lr', 'DOUBLE', { min: '0.0001', max: '1', distribution: 'LOG_UNIFORM', step: '' }),
          space('layers', 'INT', { min: '1', max: '8' }),
          space('epochs', 'INT', { min: '1', max: '9' }),
          space('opt', 'CATEGORICAL', { list: ['sgd', 'adam'] }),
        ],
      },
      objective: { type: 'MAXIMIZE', goal: 0.99, objective_metric_name: 'accuracy' },
      algorithm: {
        algorithm_name,
        algorithm_settings: Object.entries(settings).map(([name, value]) => ({ name, value })),
      },
      parallel_trial_count: PARALLEL,
      max_trial_count: MAX,
      ...spec,
    },
  }
}

const halving = { r_l: '9', resource_name: 'epochs', eta: '3' }
const steps = { name: 'lr', parameter_type: 'DOUBLE', feasible_space: { min: '0', max: '1', step: '0.25' } }
const cases: readonly { name: string; settings?: Readonly<Record<string, string>>; spec?: object; repeats?: true }[] = [
  { name: 'auto' },
  { name: 'random' },
  {
    name: 'grid',
    spec: {
      parameter_specs: {
        parameters: [steps, { name: 'layers', parameter_type: 'INT', feasible_space: { min: '1', max: '3' } }],
      },
    },
  },
  { name: 'sobol' },
  { name: 'tpe' },
  { name: 'multivariate-tpe' },
  { name: 'bayesianoptimization' },
  { name: 'cmaes' },
  { name: 'hyperband', settings: halving, repeats: true },
  { name: 'asha', settings: halving, repeats: true },
  { name: 'bohb', settings: halving, repeats: true },
  {
    name: 'pbt',
    settings: { suggestion_trial_dir: '/d', n_population: '5', truncation_threshold: '0.4' },
    repeats: true,
  },
]

describe.skipIf(python === undefined)("Katib's stubs and the Suggestion service", () => {
  let peer: KatibPeer
  let service: ChildProcess
  let ended: Promise<unknown>
  let address: string
  const directory = temporaryDirectory()

  beforeAll(async () => {
    peer = new KatibPeer(python as string)
    service = start(['suggestion', '--port', '0', '--data', directory.path])
    ended = finished(service)
    address = (await says(service, 'stdout', /^ready grpc=(\S+)$/m))[1]
  })
  afterAll(async () => {
    await peer?.[Symbol.asyncDispose]()
    service?.kill('SIGTERM')
    await ended
    directory[Symbol.dispose]()
  })

  const ask = (method: string, request: object) => peer.ask({ address, service: 'Suggestion', method, request })
  const suggest = (experiment: object, trials: readonly object[], current: number, total: number): Promise<Reply> =>
    ask('GetSuggestions', { experiment, trials, current_request_number: current, total_request_number: total })

  /** What Katib makes of an assignment: a Trial, done at once or still running. */
  function asTrial(
    { assignments, trial_name, labels }: Reply['parameter_assignments'][number],
    i: number,
    isDone = true,
  ) {
    const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`
    const layers = Number(assignments.find(({ name }) => name === 'layers')?.value)
    const observation = { metrics: [{ name: 'accuracy', value: String(1 / (1 + Math.abs(layers - 5))) }] }
    return {
      name: trial_name ?? `stays-${i}`,
      spec: { parameter_assignments: { assignments }, labels: labels ?? {} },
      status: isDone
        ? { start_time: at(i), completion_time: at(i + 1), condition: 'SUCCEEDED', observation }
        : { start_time: at(i), completion_time: '0001-01-01T00:00:00Z', condition: 'RUNNING' },
    }
  }

  test.each(cases)('$name: as many as asked for, no two alike, the same again, whatever the order', async one => {
    const experiment = anExperiment(one.name, one.settings, one.spec)
    expect(await ask('ValidateAlgorithmSettings', { experiment })).toEqual({})
    const trials: object[] = []
    const seen: string[] = []
    while (trials.length < MAX) {
      // The last one of a round still runs when the next round is asked for.
      const history = trials.map((trial, i) => (i === trials.length - 1 ? asTrial(last(trial), i, false) : trial))
      const reply = await suggest(experiment, history, PARALLEL, trials.length + PARALLEL)
      const again = await suggest(experiment, history.toReversed(), PARALLEL, trials.length + PARALLEL)
      const points = (of: Reply) => of.parameter_assignments.map(({ assignments }) => JSON.stringify(assignments))
      expect(points(reply)).toHaveLength(PARALLEL)
      expect(points(again)).toEqual(points(reply))
      seen.push(...points(reply))
      for (const each of reply.parameter_assignments) trials.push(asTrial(each, trials.length))
    }
    for (const text of seen) expectInSpace(JSON.parse(text), experiment)
    if (!one.repeats) expect(new Set(seen).size).toBe(seen.length)
  })

  /** Back from a trial to the reply that it was made of. */
  // The trial was made by `asTrial`.
  const last = (trial: object) => {
    const { name, spec } = trial as ReturnType<typeof asTrial>
    return { assignments: spec.parameter_assignments.assignments, labels: spec.labels, trial_name: name }
  }

  test('pbt: names, labels and checkpoints as Katib has them', async () => {
    const experiment = anExperiment('pbt', cases.at(-1)?.settings)
    const first = (await suggest(experiment, [], 5, 5)).parameter_assignments
    for (const { trial_name = '', labels } of first) {
      expect(trial_name).toMatch(/^stays-[0-9a-f]{8}$/)
      expect(labels).toMatchObject({ 'pbt.suggestion.katib.kubeflow.org/generation': '0' })
      mkdirSync(join(directory.path, 'stays', trial_name), { recursive: true })
      writeFileSync(join(directory.path, 'stays', trial_name, 'checkpoint'), trial_name)
    }
    const trials = first.map((each, i) => asTrial(each, i))
    const next = (await suggest(experiment, trials, 5, 10)).parameter_assignments
    for (const { trial_name = '', labels = {} } of next) {
      expect(labels['pbt.suggestion.katib.kubeflow.org/generation']).toBe('1')
      const parent = labels['pbt.suggestion.katib.kubeflow.org/parent']
      expect(first.map(each => each.trial_name)).toContain(parent)
      expect(existsSync(join(directory.path, 'stays', trial_name, 'checkpoint'))).toBe(true)
    }
  })

  test.each<[string, object, RegExp]>([
    ['an unknown algorithm', anExperiment('mystery'), /^INVALID_ARGUMENT: .*unknown algorithm "mystery"/],
    ['every bad setting', anExperiment('tpe', { gamma: '2', colour: 'red' }), /^INVALID_ARGUMENT: .*gamma.*; .*colour/],
    [
      'more trials than there are assignments',
      anExperiment('random', {}, { parameter_specs: { parameters: [steps] } }),
      /^INVALID_ARGUMENT: maxTrialCount: expected at most 5, the number of different assignments, got 12/,
    ],
    [
      'more at once than a population has members',
      anExperiment('pbt', cases.at(-1)?.settings, { parallel_trial_count: 6 }),
      /^INVALID_ARGUMENT: parallelTrialCount: pbt gives 5 assignments at once with these settings, got 6/,
    ],
    ['an architecture', anExperiment('random', {}, { nas_config: {} }), /^INVALID_ARGUMENT: .*nas_config/],
  ])('%s is refused when settings are validated', async (_, experiment, says) => {
    expect(await ask('ValidateAlgorithmSettings', { experiment })).toMatch(says)
  })

  test('where an algorithm waits for trials the call is refused for now; where the search has ended, for good', async () => {
    const pbt = anExperiment('pbt', cases.at(-1)?.settings)
    const running = (await suggest(pbt, [], 5, 5)).parameter_assignments.map((each, i) => asTrial(each, i, false))
    expect(await suggest(pbt, running, 1, 6)).toMatch(/^UNAVAILABLE: pbt gives 0 of 1 assignments before a trial/)
    const grid = anExperiment('grid', {}, { parameter_specs: { parameters: [steps] }, max_trial_count: 0 })
    const all = (await suggest(grid, [], 6, 6)).parameter_assignments.map((each, i) => asTrial(each, i))
    expect(all).toHaveLength(5)
    expect(await suggest(grid, all, 1, 6)).toBe('OUT_OF_RANGE: the search has ended: every combination was tried')
  })

  test("the probe of Katib's suggestion pods", async () => {
    const request = { service: 'manager.v1beta1.Suggestion' }
    expect(await peer.ask({ address, service: 'Health', method: 'Check', request })).toBe('SERVING')
  })
})

function expectInSpace(
  assignments: Reply['parameter_assignments'][number]['assignments'],
  { spec }: ReturnType<typeof anExperiment>,
): void {
  expect(assignments.map(({ name }) => name)).toEqual(spec.parameter_specs.parameters.map(({ name }) => name))
  for (const [i, { value }] of assignments.entries()) {
    const { min, max, list } = spec.parameter_specs.parameters[i].feasible_space as Partial<Record<string, string>> & {
      list?: string[]
    }
    if (list) expect(list).toContain(value)
    else expect(Number(value) >= Number(min) && Number(value) <= Number(max), value).toBe(true)
  }
}
