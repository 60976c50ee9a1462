import { describe, expect, test } from 'vitest'
import { LOG_SQRT_2PI, logSumExp, normalCdf, rngOf } from '#numerics'
import { createSpace, type FinishedTrial, type History, suggestFor, valuesOf } from '#suggestion'
import { ascending } from '../../suggestion/tpe/bandwidths.ts'
import { candidates } from '../../suggestion/tpe/candidates.ts'
import type { MixtureSpec } from '../../suggestion/tpe/components.ts'
import { createMixture, createMixtures } from '../../suggestion/tpe/mixture.ts'
import { aCall, aProblem, categorical, double, int, tried } from './problems.ts'

const space = createSpace(
  aProblem([
    double('x', { min: '0', max: '1' }),
    int('n', { min: '1', max: '6', distribution: 'logUniform' }),
    categorical('c', ['a', 'b', 'c']),
  ]),
)

function aSpec(seed: number, count: number, dimensions: readonly number[]): MixtureSpec {
  const rng = rngOf([seed, 2, 3, 4])
  const points = Array.from({ length: count }, () => space.snap(Float64Array.from(space.axes, () => rng.uniform())))
  const weights = points.map(() => 0.1 + rng.uniform())
  return { axes: space.axes, dimensions, points, weights, priorWeight: 1, minBandwidth: 0.03 }
}

/** The same density from its definition, with no tables and no cut-offs. */
function naiveLogDensity(
  { axes, dimensions, points, weights, priorWeight, minBandwidth }: MixtureSpec,
  x: Float64Array,
) {
  const mus = [...points, Float64Array.from(axes, () => 0.5)]
  const all = [...Array.from(weights), priorWeight]
  const total = all.reduce((sum, weight) => sum + weight, 0)
  const terms = mus.map((mu, c) => {
    let log = Math.log(all[c] / total)
    for (const j of dimensions) {
      const axis = axes[j]
      const isPrior = c === mus.length - 1
      if (axis.kind === 'categorical') {
        const spread = priorWeight / mus.length
        const hit = axis.levelOf(mu[j]) === axis.levelOf(x[j]) ? 1 : 0
        log += Math.log(isPrior ? 1 / axis.levels : (hit + spread) / (1 + axis.levels * spread))
        continue
      }
      const sorted = mus.map((other, i) => ({ u: other[j], i })).sort((a, b) => a.u - b.u || a.i - b.i)
      const place = sorted.findIndex(({ i }) => i === c)
      const gaps = [sorted[place - 1], sorted[place + 1]].filter(Boolean).map(({ u }) => Math.abs(u - mu[j]))
      const sigma = isPrior ? 1 : Math.min(1, Math.max(minBandwidth, ...gaps))
      const cdf = (u: number) => normalCdf((u - mu[j]) / sigma)
      const norm = cdf(1) - cdf(0)
      if (axis.kind === 'continuous') {
        log += -0.5 * ((x[j] - mu[j]) / sigma) ** 2 - Math.log(sigma) - LOG_SQRT_2PI - Math.log(norm)
      } else {
        const level = axis.levelOf(x[j])
        const from = level === 0 ? 0 : axis.edgeOf(level - 1)
        const to = level === axis.levels - 1 ? 1 : axis.edgeOf(level)
        log += Math.log((cdf(to) - cdf(from)) / norm)
      }
    }
    return log
  })
  return logSumExp(terms)
}

test('indexes by ascending place, equal places by index', () => {
  const rng = rngOf([9, 1, 1, 1])
  const places = Float64Array.from({ length: 1000 }, (_, i) => (i % 3 ? rng.uniform() : rng.integer(5) / 4))
  const expected = Array.from(places, (u, i) => ({ u, i })).sort((a, b) => a.u - b.u || a.i - b.i)
  expect([...ascending(places)]).toEqual(expected.map(({ i }) => i))
})

describe('the Parzen mixture', () => {
  test('equals its definition on 60 random histories', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const spec = aSpec(seed, 1 + (seed % 17), seed % 2 ? [0, 1, 2] : [seed % 3])
      const mixture = createMixture(spec)
      const rng = rngOf([seed, 7, 7, 7])
      for (let i = 0; i < 5; i++) {
        const x = space.snap(Float64Array.from(space.axes, () => rng.uniform()))
        expect(mixture.logDensities([x])[0], `seed ${seed}`).toBeCloseTo(naiveLogDensity(spec, x), 9)
      }
    }
  })

  test.each([
    ['one axis, most kernels narrow', 1, 300, 0.01],
    ['one axis, kernels of every width', 1, 60, 0.001],
    ['six axes', 6, 90, 0.03],
  ])('equals its definition where components are left out: %s', (_, d, count, minBandwidth) => {
    const { axes } = createSpace(aProblem(Array.from({ length: d }, (_, i) => double(`x${i}`, { min: '0', max: '1' }))))
    const rng = rngOf([d, count, 3, 4])
    // Half of the points in one place, as a search that has converged leaves them.
    const points = Array.from({ length: count }, (_, c) =>
      Float64Array.from(axes, () => (c % 2 ? 0.3 + 0.02 * rng.uniform() : rng.uniform())),
    )
    const weights = points.map(() => 0.1 + rng.uniform())
    const spec: MixtureSpec = { axes, dimensions: axes.map((_, j) => j), points, weights, priorWeight: 1, minBandwidth }
    const mixture = createMixture(spec)
    for (const near of [0, 0.3, 0.305, 0.5, 1]) {
      const x = Float64Array.from(axes, () => Math.min(1, near + 0.01 * rng.uniform()))
      expect(mixture.logDensities([x])[0], `near ${near}`).toBeCloseTo(naiveLogDensity(spec, x), 9)
    }
  })

  test('a mixture of one group is the same among others', () => {
    const { dimensions, ...shared } = aSpec(6, 14, [0, 1, 2])
    const points = [Float64Array.of(0.2, space.axes[1].unitOf(2), space.axes[2].unitOf(1))]
    const together = createMixtures(shared, [[0], dimensions, [2]])
    expect(together[1].logDensities(points)).toEqual(createMixture({ ...shared, dimensions }).logDensities(points))
  })

  test('integrates to 1, discrete axes exactly', () => {
    const density = createMixture(aSpec(3, 12, [0]))
    let integral = 0
    const cells = 4000
    for (let i = 0; i < cells; i++)
      integral += Math.exp(density.logDensities([Float64Array.of((i + 0.5) / cells, 0, 0)])[0]) / cells
    expect(integral).toBeCloseTo(1, 6)
    const discrete = createMixture(aSpec(4, 9, [1, 2]))
    let sum = 0
    for (let n = 0; n < 6; n++) {
      for (let c = 0; c < 3; c++) {
        sum += Math.exp(
          discrete.logDensities([Float64Array.of(0, space.axes[1].unitOf(n), space.axes[2].unitOf(c))])[0],
        )
      }
    }
    expect(sum).toBeCloseTo(1, 12)
  })

  test('samples as its density says', () => {
    const mixture = createMixture(aSpec(5, 8, [0, 2]))
    const rng = rngOf([8, 8, 8, 8])
    const counts = new Array<number>(30).fill(0)
    const point = new Float64Array(3)
    for (let i = 0; i < 6000; i++) {
      mixture.sample(rng, point)
      counts[Math.min(9, Math.floor(point[0] * 10)) * 3 + space.axes[2].levelOf(point[2])]++
    }
    let chiSquare = 0
    for (const [cell, count] of counts.entries()) {
      let mass = 0
      for (let i = 0; i < 50; i++) {
        const x = (Math.floor(cell / 3) + (i + 0.5) / 50) / 10
        mass += Math.exp(mixture.logDensities([Float64Array.of(x, 0, space.axes[2].unitOf(cell % 3))])[0]) / 500
      }
      chiSquare += (count - 6000 * mass) ** 2 / (6000 * mass)
    }
    expect(chiSquare).toBeLessThan(58.3) // 29 degrees of freedom, 0.1 %
  })
})

test('the first candidate has the best of every pair of densities, whichever drew it', () => {
  const { axes } = createSpace(aProblem([double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1' })]))
  const around = (u: number) => ({
    axes,
    points: [Float64Array.of(u, u), Float64Array.of(u + 0.05, u + 0.05)],
    weights: [1, 1],
    priorWeight: 1,
    minBandwidth: 0.1,
  })
  const [goods, bads] = [0.2, 0.7].map(u => createMixtures(around(u), [[0], [1]]))
  const pairs = goods.map((good, j) => ({ good, bad: bads[j], dimensions: [j] }))
  for (let seed = 1; seed <= 20; seed++) {
    const points = candidates(pairs, new Float64Array(2), 24, rngOf([seed, 2, 3, 4]))
    for (const { good, bad } of pairs) {
      const againsts = bad.logDensities(points)
      const gains = good.logDensities(points).map((log, i) => log - againsts[i])
      expect([...gains], `seed ${seed}`).toEqual([...gains].sort((a, b) => b - a))
    }
  }
})

const bowl = (values: Readonly<Record<string, string>>) => (Number(values.x) - 0.3) ** 2 + (Number(values.y) - 0.7) ** 2
const square = aProblem([double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1' })])
const losses = ({ finished }: History) =>
  finished.flatMap(({ outcome }) => (outcome.is === 'completed' ? outcome.losses : []))
const best = (history: History) => Math.min(...losses(history))

describe.each(['tpe', 'multivariate-tpe'])('%s', name => {
  test('tries better places than random search in a bowl of six numbers, on 11 of 12 seeds at least', {
    timeout: 5_000,
  }, () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const six = aProblem(names.map(parameter => double(parameter, { min: '0', max: '1' })))
    const deep = (values: Readonly<Record<string, string>>) =>
      names.reduce((sum, parameter) => sum + (Number(values[parameter]) - 0.3) ** 2, 0)
    const late = (algorithmName: string, seed: number) =>
      losses(tried(aCall(algorithmName, six, { seed }), 45, deep))
        .slice(25)
        .reduce((sum, loss) => sum + loss, 0)
    let wins = 0
    for (let seed = 1; seed <= 12; seed++) if (late(name, seed) < late('random', seed)) wins++
    expect(wins).toBeGreaterThanOrEqual(11) // by luck: 0.3 %
  })

  test('an affine change of the objective changes nothing', () => {
    const call = aCall(name, square)
    const moved = (values: Readonly<Record<string, string>>) => 8 * bowl(values) - 16
    expect(points(tried(call, 30, moved))).toEqual(points(tried(call, 30, bowl)))
  })

  test('other names for the categories change nothing', () => {
    const named = (list: string[]) => aProblem([categorical('c', list), double('x', { min: '0', max: '1' })])
    const score = (list: string[]) => (values: Readonly<Record<string, string>>) =>
      list.indexOf(values.c) + (Number(values.x) - 0.4) ** 2
    const letters = tried(aCall(name, named(['a', 'b', 'c'])), 35, score(['a', 'b', 'c']))
    const colours = tried(aCall(name, named(['red', 'green', 'blue'])), 35, score(['red', 'green', 'blue']))
    expect(points(colours)).toEqual(points(letters))
  })

  test('ten asks in parallel spread out', () => {
    const history = tried(aCall(name, square), 30, bowl)
    const { assignments } = suggestFor(aCall(name, square, { history, firstIndex: 30, count: 10 }))
    expect(new Set(assignments.map(({ parameterAssignments }) => valuesOf(parameterAssignments).x)).size).toBe(10)
  })

  test('a history of 10,000 costs little more than one of 2,000', () => {
    const rng = rngOf([4, 4, 4, 4])
    const finished = Array.from({ length: 10_000 }, (_, index): FinishedTrial => {
      const point = Float64Array.of(rng.uniform(), rng.uniform())
      return { index, point, outcome: { is: 'completed', losses: [rng.uniform()] } }
    })
    const answer = suggestFor(aCall(name, square, { history: { finished, pending: [] }, firstIndex: 10_000 }))
    expect(answer.assignments).toHaveLength(1)
  })
})

test('multivariate-tpe follows values that go together', () => {
  const ridge = (values: Readonly<Record<string, string>>) =>
    (Number(values.x) - Number(values.y)) ** 2 + 0.05 * (Number(values.x) - 0.8) ** 2
  const medianOf = (name: string) =>
    Array.from({ length: 7 }, (_, seed) => best(tried(aCall(name, square, { seed }), 50, ridge))).sort(
      (a, b) => a - b,
    )[3]
  expect(medianOf('multivariate-tpe')).toBeLessThan(medianOf('tpe'))
})

function points({ finished }: History): number[][] {
  return finished.map(({ point }) => [...point])
}
