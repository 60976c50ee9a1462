import { describe, expect, test } from 'vitest'
import { decide, settingProblems, type TrialCurve } from '#earlystop'

const curve = (losses: readonly number[], ended = true): TrialCurve => ({
  trial: 't',
  ended,
  steps: losses.map((_, i) => i + 1),
  losses,
})
const rule = (algorithmName: string, settings: Record<string, string> = {}) => ({
  algorithmName,
  algorithmSettings: Object.entries(settings).map(([name, value]) => ({ name, value })),
})
const stops = (spec: ReturnType<typeof rule>, trial: readonly number[], peers: readonly TrialCurve[]) =>
  decide(spec, curve(trial, false), peers)

describe('medianstop', () => {
  // Averages of the first two steps: 1, 2, 30. Their median is 2, their mean 11.
  const peers = [curve([1, 1]), curve([2, 2]), curve([30, 30])]
  const spec = rule('medianstop', { start_step: '2' })

  test.each([
    ['the best so far is worse than the median: stopped', [3, 2.5], true],
    ['as good as the median: goes on', [3, 2], false],
    ['before start_step: goes on', [50], false],
    ['NaN counts as the worst, not as the best', [Number.NaN, Number.NaN], true],
  ])('%s', (_, losses, stop) => {
    expect(stops(spec, losses, peers).stop).toBe(stop)
  })

  test('running averages are taken up to the same step only', () => {
    const late = [curve([9, 9, 0, 0, 0, 0]), curve([9, 9, 0, 0]), curve([9, 9, 0])]
    expect(stops(spec, [8, 8], late).stop).toBe(false)
  })

  test('fewer ended trials than required, running peers do not count', () => {
    expect(stops(spec, [99, 99], [curve([1, 1]), curve([1, 1]), curve([1, 1], false)]).stop).toBe(false)
  })

  test('compat: katib compares with the mean of means, which skewed peers move', () => {
    const katib = rule('medianstop', { start_step: '2', compat: 'katib' })
    expect(stops(katib, [3, 2.5], peers).stop).toBe(false)
    expect(stops(katib, [12, 12], peers)).toEqual({
      stop: true,
      reason: 'its best 12 after 2 reports is worse than the mean 11 of 3 ended trials',
    })
  })

  test('says why, with the numbers', () => {
    expect(stops(spec, [3, 2.5], peers)).toEqual({
      stop: true,
      reason: 'its best 2.5 by step 2 is worse than the median 2 of 3 ended trials',
    })
  })
})

describe('percentile', () => {
  const peers = [1, 2, 3, 4].map(loss => curve([loss, loss]))
  test.each([
    ['25', 1.7, false],
    ['25', 1.8, true],
    ['75', 3.2, false],
    ['75', 3.3, true],
  ])('%s %% of the best are safe: %d', (percentile, loss, stop) => {
    expect(stops(rule('percentile', { percentile, n_startup_trials: '4' }), [loss, loss], peers).stop).toBe(stop)
  })
})

describe('threshold', () => {
  const spec = rule('threshold', { upper: '10', n_warmup_steps: '1' })
  test.each([
    [[1, 11], true],
    [[11], false],
    [[1, 9], false],
    [[1, Number.NaN], true],
    [[1, Number.POSITIVE_INFINITY], true],
  ])('%j', (losses, stop) => {
    expect(stops(spec, losses, []).stop).toBe(stop)
  })
})

describe('patience', () => {
  const spec = rule('patience', { patience: '2', min_delta: '0.1' })
  test.each([
    [[5, 4, 3], false],
    [[5, 4, 4, 4], true],
    [[5, 4, 3.95, 3.92], true],
    [[5, 4, 4, 3.5], false],
    [[5, 5], false],
  ])('%j', (losses, stop) => {
    expect(stops(spec, losses, []).stop).toBe(stop)
  })
})

describe('asha', () => {
  const spec = rule('asha', { min_resource: '2', eta: '2' })
  const peers = [1, 2, 3].map(loss => curve([loss, loss]))
  test.each([
    ['among the best half of four at the first rung', [1.5, 1.5], false],
    ['not among them', [2.5, 2.5], true],
    ['before the first rung', [99], false],
    ['alone at a higher rung', [1.5, 1.5, 1.5, 1.5], false],
  ])('%s', (_, losses, stop) => {
    expect(stops(spec, losses, peers).stop).toBe(stop)
  })

  test('the current best is never stopped', () => {
    for (let others = 0; others < 20; others++) {
      const worse = Array.from({ length: others }, (_, i) => curve([2 + i, 2 + i]))
      expect(stops(spec, [1, 1], worse).stop).toBe(false)
    }
  })
})

test('settings that are wrong are named, all of them', () => {
  expect(settingProblems(rule('medianstop', { start_step: '0', median: '1', compat: 'optuna' }))).toEqual([
    { name: 'start_step', message: 'expected an integer >= 1, got "0"' },
    { name: 'compat', message: 'expected vizier or katib, got "optuna"' },
    { name: 'median', message: 'medianstop has no such setting' },
  ])
})
