import { describe, expect, test } from 'vitest'
import { decide, settingProblems, type TrialCurve } from '#earlystop'
import { streamOf } from '#numerics'
import { bracketOf, bracketSizes } from '../../earlystop/hyperband/hyperband.ts'

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

describe('asha without settings', () => {
  const falling = (from: number, count: number) => Array.from({ length: count }, (_, i) => from - i / 100)
  const ended = [1, 2, 3].map(from => curve(falling(from, 27)))
  test.each([
    ['before a ninth of the way of the longest: goes on', falling(9, 2), ended, false],
    ['at a ninth, and the last: stopped', falling(9, 3), ended, true],
    ['at a ninth, and among the best third: goes on', falling(0.5, 3), ended, false],
    [
      'no trial has ended: nobody knows how long the way is',
      falling(9, 20),
      ended.map(c => ({ ...c, ended: false })),
      false,
    ],
    [
      'stopped trials do not say how long the way is',
      falling(9, 3),
      [curve(falling(1, 3), false), curve(falling(2, 3), false)],
      false,
    ],
  ])('%s', (_, losses, peers, stop) => {
    expect(stops(rule('asha'), losses, peers).stop).toBe(stop)
  })
})

describe('hyperband', () => {
  test('the brackets of the paper for R = 81, eta = 3', () => {
    expect(bracketSizes(1, 81, 3)).toEqual([5, 8, 15, 34, 81])
    expect(bracketSizes(1, 243, 3)).toHaveLength(6)
  })

  test('trials fall into brackets by the shares of the paper, within three sigma', () => {
    const sizes = bracketSizes(1, 81, 3)
    const n = 5_000
    const counts = sizes.map(() => 0)
    for (let i = 0; i < n; i++) counts[bracketOf(`trial-${i}`, sizes)]++
    for (const [s, count] of counts.entries()) {
      const share = sizes[s] / 143
      expect(Math.abs(count - n * share)).toBeLessThan(3 * Math.sqrt(n * share * (1 - share)))
    }
  })

  test('only trials of the same bracket are rivals', () => {
    const sizes = bracketSizes(1, 9, 3)
    const inBracket = (bracket: number) =>
      Array.from({ length: 200 }, (_, i) => `n-${i}`).filter(name => bracketOf(name, sizes) === bracket)
    const spec = rule('hyperband', { max_resource: '9' })
    const [name, ...mates] = inBracket(2)
    const trial = { ...curve([5, 5, 5], false), trial: name }
    const peers = (names: readonly string[]) => names.slice(0, 5).map(peer => ({ ...curve([1, 1, 1]), trial: peer }))
    expect(decide(spec, trial, peers(mates)).stop).toBe(true)
    expect(decide(spec, trial, peers(inBracket(1))).stop).toBe(false)
    expect(decide(spec, { ...trial, trial: inBracket(0)[0] }, peers(inBracket(0).slice(1))).stop).toBe(false)
  })
})

describe('wilcoxon', () => {
  const best = { ...curve([1, 2, 3, 4, 5, 6, 7, 8]), trial: 'best' }
  test.each([
    ['worse on each of the first four instances', [1.1, 2.2, 3.3, 19], true],
    ['three instances say too little', [2, 4, 6], false],
    ['worse on some', [2, 1, 4, 3.5], false],
    ['its mean is better', [0.5, 0.5, 0.5, 0.5], false],
    ['no numbers', [Number.NaN, Number.NaN, Number.NaN, Number.NaN], true],
  ])('%s', (_, losses, stop) => {
    expect(stops(rule('wilcoxon'), losses, [best, curve([9, 9, 9, 9, 9, 9, 9, 9])]).stop).toBe(stop)
  })
  test('says why, with the numbers', () => {
    const decision = stops(rule('wilcoxon'), [7, 8, 9, 12], [best])
    expect(decision).toEqual({
      stop: true,
      reason: 'it is worse than best on 4 shared steps, p = 0.0625 below 0.0666667; its mean is 9',
    })
  })
})

describe('curve', () => {
  const falling = (end: number, count: number) => Array.from({ length: count }, (_, i) => end + 1 / (i + 1))
  const peers = [0.1, 0.2, 0.3].map(end => curve(falling(end, 40)))
  test.each([
    ['will not come near the best', falling(0.6, 12), true],
    ['will become better than the best', falling(0.05, 12), false],
    ['before min_points', falling(0.6, 7), false],
    ['noise without a signal', Array.from({ length: 12 }, (_, i) => (i % 2 ? 3 : 2)), false],
  ])('%s', (_, losses, stop) => {
    expect(stops(rule('curve'), losses, peers).stop).toBe(stop)
  })
  test('a remembered look is for the same reports alone', () => {
    const [good, bad] = [falling(0.05, 12), falling(0.6, 12)]
    expect([good, bad, good, bad].map(losses => stops(rule('curve'), losses, peers).stop)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })
  test('noise of the trial counts as that of its peers: equal ones are mostly not held to their luckiest report', () => {
    const noisy = (name: string, count: number) => {
      const rng = streamOf(name, 'noise', 0)
      return { ...curve(Array.from({ length: count }, (_, i) => 1 / (i + 1) + 0.05 * rng.normal())), trial: name }
    }
    const stopped = Array.from({ length: 40 }, (_, round) => {
      const equals = [1, 2, 3].map(peer => noisy(`peer-${round}-${peer}`, 80))
      return decide(rule('curve'), { ...noisy(`own-${round}`, 30), ended: false }, equals).stop
    })
    expect(stopped.filter(Boolean).length).toBeLessThanOrEqual(12)
  })
  test('two ended trials are too few', () => {
    expect(stops(rule('curve'), falling(0.6, 12), peers.slice(1)).stop).toBe(false)
  })
})

describe('any and all', () => {
  const both = (algorithmName: string) => ({
    algorithmName,
    rules: [rule('threshold', { upper: '10' }), rule('patience', { patience: '2' })],
  })
  test.each([
    ['any', [1, 11], true],
    ['any', [5, 5, 5], true],
    ['any', [5, 4, 3], false],
    ['all', [1, 11], false],
    ['all', [1, 11, 11], true],
  ])('%s of %j', (name, losses, stop) => {
    expect(decide(both(name), curve(losses, false), []).stop).toBe(stop)
  })
  test('the reason names the rules that fired', () => {
    expect(decide(both('any'), curve([1, 11], false), [])).toMatchObject({
      reason: 'threshold: its 11 at step 2 is above 10',
    })
    expect(decide(both('all'), curve([1, 11, 11], false), [])).toMatchObject({
      reason: expect.stringMatching(/^threshold: its 11 .*; patience: no report since step 1 /),
    })
  })
})

test('what is maximised is spoken of, and bounded, in its own terms', () => {
  const accuracy = curve([-0.2, -0.3], false)
  expect(decide(rule('threshold', { lower: '0.5' }), accuracy, [], -1)).toEqual({
    stop: true,
    reason: 'its 0.3 at step 2 is below 0.5',
  })
  const peers = [-0.8, -0.9, -0.7].map(loss => curve([loss, loss]))
  expect(decide(rule('medianstop', { start_step: '2' }), accuracy, peers, -1)).toEqual({
    stop: true,
    reason: 'its best 0.3 by step 2 is worse than the median 0.8 of 3 ended trials',
  })
})

test('settings that are wrong are named, all of them', () => {
  expect(settingProblems(rule('medianstop', { start_step: '0', median: '1', compat: 'optuna' }))).toEqual([
    { name: 'start_step', message: 'expected an integer >= 1, got "0"' },
    { name: 'compat', message: 'expected vizier or katib, got "optuna"' },
    { name: 'median', message: 'medianstop has no such setting' },
  ])
})
