import { describe, expect, test } from 'vitest'
import { rngOf } from '#numerics'
import { suggestFor } from '#suggestion'
import { advance, type Evolution, startEvolution, stepOf } from '../../suggestion/cmaes/evolution.ts'
import { advanceNames, startNames } from '../../suggestion/cmaes/names.ts'
import { aCall, aProblem, categorical, double, int, tried } from './problems.ts'

/** Evaluations until the loss is below `target`, and the best loss of every generation on the way. */
function optimise(d: number, loss: (x: readonly number[]) => number, target: number, seed: number) {
  const rng = rngOf([seed, 6, 6, 6])
  let state: Evolution = startEvolution(new Float64Array(d).fill(1), 0.5, 4 + Math.floor(3 * Math.log(d)))
  const bests: number[] = []
  const places: number[][] = []
  for (let evaluations = 0; evaluations < 30_000; ) {
    const drawn = Array.from({ length: state.lambda }, () => {
      const y = stepOf(
        state,
        Float64Array.from({ length: d }, () => rng.normal()),
      )
      const x = Array.from(y, (step, i) => state.mean[i] + state.sigma * step)
      return { y, value: loss(x), x }
    }).sort((a, b) => a.value - b.value)
    evaluations += state.lambda
    bests.push(drawn[0].value)
    places.push(drawn[0].x)
    if (drawn[0].value < target) return { evaluations, bests, places }
    state = advance(
      state,
      drawn.map(({ y }) => y),
      drawn[0].value,
    )
  }
  return { evaluations: Number.POSITIVE_INFINITY, bests, places }
}

const sphere = (x: readonly number[]) => x.reduce((sum, value) => sum + value * value, 0)
const ellipsoid = (x: readonly number[]) =>
  x.reduce((sum, value, i) => sum + 1e6 ** (i / (x.length - 1)) * value * value, 0)

describe('evaluation counts of the literature, within a third', () => {
  test.each([
    { name: 'sphere, d = 10', loss: sphere, expected: 1800 },
    { name: 'ellipsoid, d = 10', loss: ellipsoid, expected: 5000 },
  ])('$name', { timeout: 5_000 }, ({ loss, expected }) => {
    const counts = [1, 2, 3, 4, 5].map(seed => optimise(10, loss, 1e-10, seed).evaluations).sort((a, b) => a - b)
    expect(counts[2]).toBeGreaterThan(expected * 0.67)
    expect(counts[2]).toBeLessThan(expected * 1.33)
  })
})

test('a monotone change of the loss changes no step', () => {
  const plain = optimise(4, sphere, 1e-8, 3)
  const warped = optimise(4, x => Math.expm1(sphere(x)), 1e-8, 3)
  expect(warped.places.slice(0, 20)).toEqual(plain.places.slice(0, 20))
})

test('names move towards what the better half has, and none dies', () => {
  let names = startNames(4)
  for (let generation = 0; generation < 40; generation++) names = advanceNames(names, [2, 2, 2, 0, 1, 3, 0, 1], 1)
  expect(names.q[2]).toBeGreaterThan(0.7)
  expect(Math.min(...names.q)).toBeGreaterThan(0.01)
  expect(names.q.reduce((sum, q) => sum + q, 0)).toBeCloseTo(1, 12)
})

describe('cmaes over trials', () => {
  const numbers = ['a', 'b', 'c', 'd']
  const corner = aProblem(numbers.map(name => int(name, { min: '0', max: '20' })))

  test('integers with the optimum in a corner: reached on every seed', { timeout: 10_000 }, () => {
    const loss = (values: Readonly<Record<string, string>>) =>
      numbers.reduce((sum, name) => sum + (20 - Number(values[name])) ** 2, 0)
    for (let seed = 1; seed <= 5; seed++) {
      const { finished } = tried(aCall('cmaes', corner, { seed }), 300, loss)
      const best = Math.min(
        ...finished.map(({ outcome }) => (outcome.is === 'completed' ? outcome.losses[0] : Infinity)),
      )
      expect(best, `seed ${seed}`).toBe(0)
    }
  })

  test('numbers and a name together', { timeout: 10_000 }, () => {
    const problem = aProblem([
      double('x', { min: '0', max: '1' }),
      double('y', { min: '0', max: '1' }),
      categorical('c', ['a', 'b', 'c']),
    ])
    const loss = (values: Readonly<Record<string, string>>) =>
      (Number(values.x) - 0.9) ** 2 + (Number(values.y) - 0.1) ** 2 + (values.c === 'b' ? 0 : 0.3)
    const { finished } = tried(aCall('cmaes', problem), 250, loss)
    const late = finished.slice(-40).map(({ outcome }) => (outcome.is === 'completed' ? outcome.losses[0] : 1))
    expect(late.sort((a, b) => a - b)[20]).toBeLessThan(0.05)
  })

  test('a generation ends with its population; failures rank last and late results change nothing', () => {
    const problem = aProblem([double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1' })])
    const call = aCall('cmaes', problem)
    const loss = (values: Readonly<Record<string, string>>, index: number) =>
      index % 5 === 4 ? Number.NaN : Number(values.x)
    const history = tried(call, 40, loss, 3)
    const generations = history.finished.map(({ labels }) => labels?.['qalam.dev/generation'])
    expect(generations.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined])
    expect(new Set(generations.slice(6)).size).toBeGreaterThan(3)
    expect(suggestFor({ ...call, history, firstIndex: 40 }).assignments[0].labels['qalam.dev/generation']).toMatch(
      /^\d+$/,
    )
  })

  test('ipop doubles the population after a run that has converged', { timeout: 10_000 }, () => {
    const problem = aProblem([double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1' })])
    const algorithm = { algorithmName: 'cmaes', algorithmSettings: [{ name: 'restart_strategy', value: 'ipop' }] }
    const loss = (values: Readonly<Record<string, string>>) =>
      Math.hypot(Number(values.x) - 0.3, Number(values.y) - 0.6)
    const { finished } = tried(aCall('cmaes', problem, { algorithm }), 900, loss)
    const sizes = new Map<string, number>()
    for (const { labels } of finished) {
      const generation = labels?.['qalam.dev/generation'] ?? 'start'
      sizes.set(generation, (sizes.get(generation) ?? 0) + 1)
    }
    expect([...sizes.values()].slice(1, 4)).toEqual([6, 6, 6])
    expect(Math.max(...sizes.values())).toBeGreaterThanOrEqual(12)
  })
})
