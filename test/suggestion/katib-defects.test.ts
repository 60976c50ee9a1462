/**
 * What Katib's algorithms are known to do wrong, one test each, where no other file has it: sampling by `sobol` and `grid` of
 * every value is in `space.test.ts`, identical parallel asks in the conformance suite, losers as parents in `pbt.test.ts`,
 * failed rungs in `halving.test.ts`, the margin of integers in `cmaes.test.ts`, the mean called median in `rules.test.ts`.
 */
import { describe, expect, test } from 'vitest'
import { algorithms, createSpace, problemRefusal, searchedProblem, suggestFor, valuesOf } from '#suggestion'
import { settingsFor } from '../conformance/algorithm-settings.ts'
import { aCall, aProblem, double, everyKind, int, scored, tried } from './problems.ts'

const settingsOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

describe('bayesianoptimization', { timeout: 20_000 }, () => {
  const values = (distribution?: 'logUniform') => {
    const space = distribution ? { min: '0.0001', max: '1', distribution } : { min: '-5', max: '5' }
    const problem = aProblem([double('x', space), double('y', space)])
    const history = tried(aCall('bayesianoptimization', problem), 24, ({ x, y }) => Number(x) ** 2 + Number(y) ** 2)
    const axes = createSpace(problem)
    return history.finished.map(({ point }) => Number(valuesOf(axes.toAssignments(point)).x))
  }
  const middle = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

  test('bounds below 0 give numbers, on the scale the user wrote', () => {
    const seen = values()
    for (const x of seen) expect(Math.abs(x)).toBeLessThanOrEqual(5)
    expect(Math.abs(middle(seen.slice(0, 10)))).toBeLessThan(2)
  })

  test('a scale of logarithms is one, and no other is', () => {
    expect(middle(values('logUniform').slice(0, 10))).toBeLessThan(0.1)
  })
})

test('sobol does not begin in the corner of all minima', () => {
  const problem = aProblem([int('n', { min: '0', max: '1000' }), double('x', { min: '0', max: '1' })])
  for (let seed = 1; seed <= 20; seed++) {
    const { n, x } = valuesOf(suggestFor(aCall('sobol', problem, { seed })).assignments[0].parameterAssignments)
    expect(n === '0' && x === '0').toBe(false)
  }
})

test('hyperband takes any parallelTrialCount, and integers stay integers up to r_l', () => {
  const parameters = [double('lr', { min: '0', max: '1' }), int('epochs', { min: '1', max: '243' })]
  const problem = aProblem(parameters, { parallelTrialCount: 1 })
  const algorithm = {
    algorithmName: 'hyperband',
    algorithmSettings: settingsOf({ r_l: '243', resource_name: 'epochs', eta: '3' }),
  }
  expect(problemRefusal(problem, algorithm)).toEqual([])
  const { assignments } = suggestFor(aCall('hyperband', problem, { algorithm, count: 3 }))
  // floor(log 243 / log 3) is 4 in doubles: the deepest bracket would begin at 3.
  expect(assignments.map(({ parameterAssignments }) => valuesOf(parameterAssignments).epochs)).toEqual(['1', '1', '1'])
})

describe('pbt', () => {
  const problem = aProblem([int('n', { min: '1', max: '10' }), double('x', { min: '0', max: '1' })])
  const withSetting = (resample_probability: string) => ({
    algorithmName: 'pbt',
    algorithmSettings: settingsOf({
      suggestion_trial_dir: '/opt/trial',
      n_population: '5',
      truncation_threshold: '0.4',
      resample_probability,
    }),
  })

  test('resample_probability is a number from 0 to 1', () => {
    for (const value of ['0', '0.25', '1']) expect(problemRefusal(problem, withSetting(value)), value).toEqual([])
    for (const value of ['-0.1', '1.5', 'often']) {
      expect(problemRefusal(problem, withSetting(value))[0]?.message, value).toMatch(/^failed to validate resample_/)
    }
  })

  test('an integer clipped to its maximum is printed as one, over twenty generations', () => {
    const call = aCall('pbt', problem, { algorithm: withSetting('0.1') })
    const space = createSpace(problem)
    const history = tried(call, 100, ({ n }) => -Number(n), 5)
    const printed = history.finished.map(({ point }) => valuesOf(space.toAssignments(point)).n)
    expect(printed).toContain('10')
    for (const n of printed) expect(n).toMatch(/^([1-9]|10)$/)
  })
})

test.each([...algorithms.keys()])(
  '%s: trials that it never suggested are learned from, not refused',
  { timeout: 20_000 },
  name => {
    const problem = aProblem(everyKind)
    const algorithm = { algorithmName: name, algorithmSettings: settingsFor(name, problem) }
    const call = aCall(name, problem, { algorithm })
    if (problemRefusal(problem, algorithm).length > 0) return expect(name).toBe('grid')
    const space = createSpace(searchedProblem(problem, algorithm))
    const strangers = suggestFor(aCall('random', problem, { seed: 4, count: 12 })).assignments
    const finished = strangers.map(({ index, parameterAssignments }) =>
      scored(space, { index, parameterAssignments, labels: {} }, ({ lr }) => Number(lr)),
    )
    const answer = suggestFor({ ...call, history: { finished, pending: [] }, firstIndex: 12, count: 3 })
    expect(answer.assignments).toHaveLength(3)
  },
)
