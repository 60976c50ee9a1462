import { beforeAll, describe, expect, test } from 'vitest'
import type { Objective } from '#api'
import {
  compileConstraints,
  constraintRefusal,
  createSpace,
  suggestFor,
  type TrialFacts,
  toHistory,
  valuesOf,
} from '#suggestion'
import { aCall, aProblem, categorical, double, everyKind, int, tried } from './problems.ts'

describe('the wrapper', () => {
  test('a finite space is tried once each, then the search has ended', () => {
    const problem = aProblem([categorical('c', ['a', 'b', 'c']), int('n', { min: '1', max: '4' })])
    for (const name of ['random', 'sobol', 'grid']) {
      const history = tried(aCall(name, problem), 30, () => 1, 5)
      expect(history.finished).toHaveLength(12)
      const answer = suggestFor(aCall(name, problem, { history, firstIndex: 12 }))
      expect(answer).toEqual({ assignments: [], searchEnded: true, because: 'every combination was tried' })
    }
  })

  test('random_state wins over the seed given', () => {
    const problem = aProblem(everyKind)
    const algorithm = { algorithmName: 'random', algorithmSettings: [{ name: 'random_state', value: '5' }] }
    const a = suggestFor(aCall('random', problem, { algorithm, seed: 1 }))
    expect(suggestFor(aCall('random', problem, { algorithm, seed: 2 }))).toEqual(a)
    expect(suggestFor(aCall('random', problem, { seed: 2 }))).not.toEqual(a)
  })

  test('one ask for ten is ten asks for one, for algorithms without memory', () => {
    const problem = aProblem(everyKind)
    for (const name of ['random', 'sobol']) {
      const batch = suggestFor(aCall(name, problem, { count: 10 })).assignments
      const single = Array.from(
        { length: 10 },
        (_, i) => suggestFor(aCall(name, problem, { firstIndex: i })).assignments[0],
      )
      expect(batch).toEqual(single)
    }
  })
})

describe('parameterConstraints', () => {
  // The parser takes most of a second to load, once.
  beforeAll(() => constraintRefusal(aProblem([], { parameterConstraints: ['true'] })))

  const parameters = [
    double('lr', { min: '0', max: '1' }),
    int('batch', { min: '1', max: '64' }),
    int('num-layers', { min: '1', max: '16' }),
    categorical('opt', ['sgd', 'adam']),
  ]
  test.each([
    {
      text: 'lr * batch <= 1 and p["num-layers"] < 8',
      yes: { lr: '0.1', batch: '10', 'num-layers': '7' },
      no: { lr: '0.1', batch: '11' },
    },
    {
      text: '`num-layers` % 2 == 0 || opt != "sgd"',
      yes: { 'num-layers': '3', opt: 'adam' },
      no: { 'num-layers': '3' },
    },
    { text: '0.1 <= lr < 0.5 && !(batch == 3)', yes: { lr: '0.1' }, no: { lr: '0.5' } },
    { text: 'log2(batch) == floor(log2(batch))', yes: { batch: '32' }, no: { batch: '33' } },
    { text: 'opt == "adam" ? lr < 0.01 : lr^2 < 0.25', yes: { opt: 'sgd', lr: '0.4' }, no: { opt: 'adam', lr: '0.4' } },
  ])('$text', async ({ text, yes, no }) => {
    const base = { lr: '0.2', batch: '2', 'num-layers': '3', opt: 'sgd' }
    const problem = aProblem(parameters, { parameterConstraints: [text] })
    expect(await constraintRefusal(problem)).toEqual([])
    const feasible = await compileConstraints(problem)
    expect(feasible?.({ ...base, ...yes })).toBe(true)
    expect(feasible?.({ ...base, ...no })).toBe(false)
  })

  test.each([
    ['lr +', /Unexpected|Value expected/],
    ['learning < 1', /expected a parameter \(lr, batch, num-layers, opt\), found "learning"/],
    ['lr * 2', /expected a condition/],
    ['opt < "b"', /only be compared by == and !=/],
    ['createUnit("x") < 1', /expected one of the functions/],
    ['import("fs") == 1', /expected one of the functions/],
    ['[1,2] == 3', /found a ArrayNode/],
    ['lr.constructor == 1', /expected/],
    ['f(x) = 1', /FunctionAssignmentNode/],
    [`lr < ${'1+'.repeat(300)}1`, /at most 200 terms/],
  ])('refuses %s', async (text, message) => {
    const refusal = await constraintRefusal(aProblem(parameters, { parameterConstraints: ['lr < 1', text] }))
    expect(refusal).toHaveLength(1)
    expect(refusal[0].path).toBe('spec.parameterConstraints[1]')
    expect(refusal[0].message).toMatch(message)
  })

  test('no point can be found: the search ends and says why', async () => {
    const problem = aProblem(parameters, { parameterConstraints: ['lr > 2'] })
    const answer = suggestFor(aCall('random', problem, { feasible: await compileConstraints(problem) }))
    expect(answer.searchEnded).toBe(true)
    expect(answer.because).toMatch(/lr > 2/)
  })
})

describe('history', () => {
  const problem = aProblem([double('x', { min: '0', max: '1' })])
  const objective: Objective = { type: 'maximize', objectiveMetricName: 'accuracy' }
  const facts = (index: number, phase: TrialFacts['phase'], value?: string, completionTime = ''): TrialFacts => ({
    index,
    phase,
    assignments: [{ name: 'x', value: `0.${index + 1}` }],
    ...(value === undefined ? {} : { metrics: [{ name: 'accuracy', min: '0', max: value, latest: '0.1' }] }),
    completionTime,
  })
  const given: TrialFacts[] = [
    facts(0, 'Succeeded', '0.9', '2026-01-01T00:00:02Z'),
    facts(1, 'Succeeded', 'NaN', '2026-01-01T00:00:01Z'),
    facts(2, 'Failed'),
    facts(3, 'MetricsUnavailable'),
    facts(4, 'Running'),
    facts(5, 'Killed', '0.5'),
    facts(6, 'EarlyStopped', '0.3', '2026-01-01T00:00:03Z'),
    facts(7, 'Succeeded', 'unavailable', '2026-01-01T00:00:04Z'),
  ]

  test('outcomes and losses, by completion', () => {
    const history = toHistory(createSpace(problem), given, objective)
    expect(history.finished.map(({ index, outcome }) => ({ index, outcome }))).toEqual([
      { index: 2, outcome: { is: 'failed', because: 'user' } },
      { index: 3, outcome: { is: 'failed', because: 'noMetric' } },
      { index: 1, outcome: { is: 'failed', because: 'diverged' } },
      { index: 0, outcome: { is: 'completed', losses: [-0.9] } },
      { index: 6, outcome: { is: 'stopped', losses: [-0.3] } },
      { index: 7, outcome: { is: 'completed', losses: [-0.1] } },
    ])
    expect(history.pending.map(({ index }) => index)).toEqual([4])
  })

  test('the order in which trials are listed does not matter', () => {
    const space = createSpace(problem)
    expect(toHistory(space, given.toReversed(), objective)).toEqual(toHistory(space, given, objective))
  })

  test('a strategy names the value that counts', () => {
    const latest: Objective = { ...objective, metricStrategies: [{ name: 'accuracy', value: 'latest' }] }
    const [trial] = toHistory(createSpace(problem), [given[0]], latest).finished
    expect(trial.outcome).toEqual({ is: 'completed', losses: [-0.1] })
  })
})

test('values by name', () => expect(valuesOf([{ name: 'a', value: '1' }])).toEqual({ a: '1' }))
