import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rngOf } from '#numerics'
import { createSpace, type History, problemRefusal, suggestFor, valuesOf } from '#suggestion'
import { createAcquisition } from '../../suggestion/bayesianoptimization/acquisition.ts'
import { type Inputs, squaredDistances } from '../../suggestion/bayesianoptimization/covariance.ts'
import { createCriterion } from '../../suggestion/bayesianoptimization/criterion.ts'
import { fitKernel } from '../../suggestion/bayesianoptimization/fit.ts'
import { leaveOneOut } from '../../suggestion/bayesianoptimization/leave-one-out.ts'
import { logH, logHSlope } from '../../suggestion/bayesianoptimization/log-ei.ts'
import { kernelOf, logPosterior } from '../../suggestion/bayesianoptimization/log-posterior.ts'
import {
  createPosterior,
  type Posterior,
  predict,
  withPending,
} from '../../suggestion/bayesianoptimization/posterior.ts'
import { aCall, aProblem, categorical, double, int, tried } from './problems.ts'

/** n random points of two numbers and a name, with smooth outcomes; θ with or without a sum over the parameters. */
function someData(n: number, seed: number, hasSum = false): { inputs: Inputs; y: Float64Array; theta: Float64Array } {
  const rng = rngOf([seed, 5, 5, 5])
  const x = Float64Array.from({ length: n * 3 }, (_, i) => (i % 3 === 2 ? (rng.integer(3) + 0.5) / 3 : rng.uniform()))
  const y = Float64Array.from({ length: n }, (_, a) => Math.sin(5 * x[a * 3]) + x[a * 3 + 1] ** 2 + x[a * 3 + 2])
  const theta = Float64Array.from([1, 0.3, -1, 0.2, -5, ...(hasSum ? [-0.5, 0.4] : [])], t => t + 0.5 * rng.normal())
  return { inputs: { n, d: 3, x, isName: Uint8Array.of(0, 0, 1) }, y, theta }
}

const posteriorOf = ({ inputs, y, theta }: ReturnType<typeof someData>): Posterior =>
  createPosterior(inputs, y, kernelOf(theta, 3)) ?? expect.unreachable()

describe('the gradient of the posterior of the hyperparameters', () => {
  test.each([
    ['near-one', 'without'],
    ['dimension-scaled', 'without'],
    ['dimension-scaled', 'with'],
  ] as const)('agrees with central differences, prior %s, %s a sum', (prior, sum) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { inputs, y, theta } = someData(12, seed, sum === 'with')
      const problem = { squares: squaredDistances(inputs), n: inputs.n, d: inputs.d, y, prior }
      const gradient = new Float64Array(theta.length)
      logPosterior(theta, problem, gradient)
      for (let i = 0; i < theta.length; i++) {
        const at = (step: number) =>
          logPosterior(
            theta.map((t, j) => (j === i ? t + step : t)),
            problem,
            new Float64Array(theta.length),
          )
        expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 4)
      }
    }
  })
})

describe('the posterior', () => {
  test('passes through the trials where there is no noise, and knows nothing far away', () => {
    const data = someData(15, 3)
    const posterior =
      createPosterior(data.inputs, data.y, { ...kernelOf(data.theta, 3), noise: 1e-10 }) ?? expect.unreachable()
    for (let a = 0; a < 15; a++) {
      const { mean, variance } = predict(posterior, data.inputs.x.subarray(a * 3, a * 3 + 3))
      expect(mean).toBeCloseTo(data.y[a], 5)
      expect(variance).toBeLessThan(1e-6)
    }
    const far = predict(posterior, Float64Array.of(400, 400, 0.5))
    expect(far.variance).toBeCloseTo(posterior.kernel.signal, 9)
    expect(far.mean).toBeCloseTo(posterior.mean, 9)
  })

  test('a pending trial taken at its mean moves no mean and lowers the variance around it', () => {
    const posterior = posteriorOf(someData(15, 4))
    const point = Float64Array.of(0.4, 0.6, 0.5)
    const before = predict(posterior, point)
    const after = withPending(posterior, point, [0])
    expect(predict(after, Float64Array.of(0.1, 0.9, 0.5)).mean).toBeCloseTo(
      predict(posterior, Float64Array.of(0.1, 0.9, 0.5)).mean,
      8,
    )
    expect(predict(after, point).variance).toBeLessThan(0.5 * before.variance + 1e-9)
  })

  test('leave-one-out from one factor is leaving one out', () => {
    const { inputs, y, theta } = someData(12, 6)
    const kernel = { ...kernelOf(theta, 3), noise: 0.01 }
    const left = leaveOneOut(inputs, y, kernel) ?? expect.unreachable()
    for (let out = 0; out < 12; out++) {
      const rest = Array.from({ length: 12 }, (_, a) => a).filter(a => a !== out)
      const x = Float64Array.from(rest.flatMap(a => [...inputs.x.subarray(a * 3, a * 3 + 3)]))
      const without = createPosterior(
        { ...inputs, n: 11, x },
        Float64Array.from(rest, a => y[a]),
        kernel,
      )
      // The closed form keeps the mean of all trials, so it is put back here.
      const { mean, variance } = predict(
        withMean(without ?? expect.unreachable(), posteriorOf({ inputs, y, theta: thetaOf(kernel) }).mean),
        inputs.x.subarray(out * 3, out * 3 + 3),
      )
      expect(left.means[out]).toBeCloseTo(mean, 6)
      expect(left.variances[out]).toBeCloseTo(variance + kernel.noise, 6)
    }
  })
})

test('a sum over the parameters predicts values that were never tried together', () => {
  const errorOf = (hasSum: boolean, seed: number) => {
    const rng = rngOf([seed, 6, 6, 6])
    const d = 6
    const worth = Array.from({ length: d }, () => Array.from({ length: 4 }, () => rng.normal()))
    const drawn = Array.from({ length: 80 }, () => Array.from({ length: d }, () => rng.integer(4)))
    const losses = drawn.map(levels => levels.reduce((sum, level, i) => sum + worth[i][level], 0))
    const place = (levels: readonly number[]) => levels.map(level => (level + 0.5) / 4)
    const x = Float64Array.from(drawn.slice(0, 30).flatMap(place))
    const inputs = { n: 30, d, x, isName: new Uint8Array(d).fill(1) }
    const y = Float64Array.from(losses.slice(0, 30))
    const fit = fitKernel(inputs, y, { prior: 'dimension-scaled', hasSum }) ?? expect.unreachable()
    const posterior = createPosterior(inputs, y, fit.kernel) ?? expect.unreachable()
    return drawn.slice(30).reduce((sum, levels, i) => {
      return sum + (predict(posterior, Float64Array.from(place(levels))).mean - losses[30 + i]) ** 2
    }, 0)
  }
  const total = (hasSum: boolean) => [1, 2, 3, 4].reduce((sum, seed) => sum + errorOf(hasSum, seed), 0)
  expect(total(true)).toBeLessThan(0.8 * total(false))
})

/** The same process around another constant mean. */
function withMean(posterior: Posterior, mean: number): Posterior {
  const y = posterior.outcomes[0]
  const shifted = withPending({ ...posterior, mean }, Float64Array.of(1e6, 1e6, 0.5), [0])
  return { ...shifted, mean, outcomes: [y] }
}

function thetaOf(kernel: ReturnType<typeof kernelOf>): Float64Array {
  return Float64Array.from([...kernel.inverseSquares, kernel.signal, kernel.noise], Math.log)
}

describe('log expected improvement', () => {
  const golden: [number, number][] = JSON.parse(
    readFileSync(join(import.meta.dirname, '../golden/log-ei.json'), 'utf8'),
  )
  test.each(golden)('log h(%d)', (z, expected) => {
    expect(Math.abs(logH(z) - expected)).toBeLessThanOrEqual(1e-9 + 1e-10 * Math.abs(expected))
    const step = 1e-5 * Math.max(1, Math.abs(z))
    if (Math.abs(z) < 1e5) {
      const slope = (logH(z + step) - logH(z - step)) / (2 * step)
      expect(logHSlope(z, logH(z))).toBeCloseTo(slope, Math.abs(z) > 100 ? 1 : 4)
    }
  })
})

describe.each(['EI', 'PI', 'LCB'] as const)('the acquisition by %s', name => {
  test('its gradient agrees with central differences, with and without fantasies; the screen is optimistic', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const plain = posteriorOf(someData(14, seed, seed > 4))
      const posterior = seed % 2 ? plain : withPending(plain, Float64Array.of(0.3, 0.3, 0.5), [-1.2, 0.1, 0.9])
      const best = posterior.outcomes.map(outcome => Math.min(...outcome))
      const acquisition = createAcquisition(posterior, createCriterion(name, best))
      const point = Float64Array.of(0.37, 0.81, 0.5)
      const gradient = new Float64Array(3)
      const value = acquisition.valueWithGradient(point, gradient)
      expect(value).toBeCloseTo(acquisition.value(point), 9)
      if (name !== 'PI') expect(acquisition.optimistic(point)).toBeGreaterThanOrEqual(value - 1e-9)
      for (const i of [0, 1]) {
        const at = (step: number) => acquisition.value(point.map((u, j) => (j === i ? u + step : u)))
        const difference = (at(1e-6) - at(-1e-6)) / 2e-6
        expect(Math.abs(gradient[i] - difference)).toBeLessThan(1e-3 * Math.max(1, Math.abs(difference)))
      }
    }
  })
})

const branin = (values: Readonly<Record<string, string>>) => {
  const [x, y] = [Number(values.x), Number(values.y)]
  return (
    (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10
  )
}
const plane = aProblem([double('x', { min: '-5', max: '10' }), double('y', { min: '0', max: '15' })])
const best = ({ finished }: History) =>
  Math.min(...finished.flatMap(({ outcome }) => (outcome.is === 'completed' ? outcome.losses : [])))

describe('bayesianoptimization', () => {
  test.each([1, 2, 3])('Branin in 30 trials to a hundredth, seed %d', { timeout: 5_000 }, seed => {
    expect(best(tried(aCall('bayesianoptimization', plane, { seed }), 30, branin)) - 0.397887).toBeLessThan(1e-2)
  })

  test.each(['PI', 'LCB', 'gp_hedge'])('acq_func %s finds the valley of Branin', { timeout: 5_000 }, value => {
    const algorithm = { algorithmName: 'bayesianoptimization', algorithmSettings: [{ name: 'acq_func', value }] }
    expect(best(tried(aCall('bayesianoptimization', plane, { algorithm }), 30, branin)) - 0.397887).toBeLessThan(0.1)
  })

  test.each([
    ['acq_func', 'EIps', /expected one of EI, PI, LCB, gp_hedge, got "EIps"/],
    ['base_estimator', 'RF', /expected one of GP, got "RF"/],
  ])('%s %s is refused with what is accepted', (name, value, message) => {
    const algorithm = { algorithmName: 'bayesianoptimization', algorithmSettings: [{ name, value }] }
    expect(
      problemRefusal(plane, algorithm)
        .map(refusal => refusal.message)
        .join(),
    ).toMatch(message)
  })

  test('an outlier moves the next suggestion by little, as long as no warp is chosen by evidence', () => {
    const call = aCall('bayesianoptimization', plane)
    const history = tried(call, 19, branin)
    const worst = history.finished.reduce((a, b) => (lossOf(b) > lossOf(a) ? b : a))
    const outlier = { ...worst, outcome: { is: 'completed', losses: [1e6] } as const }
    const changed = { finished: history.finished.map(trial => (trial === worst ? outlier : trial)), pending: [] }
    const next = (given: History) =>
      createSpace(plane).toPoint(
        valuesOf(suggestFor({ ...call, history: given, firstIndex: 19 }).assignments[0].parameterAssignments),
      )!
    const [before, after] = [next(history), next(changed)]
    expect(Math.hypot(before[0] - after[0], before[1] - after[1])).toBeLessThan(0.05)
  })

  test('the order of completion changes nothing', () => {
    const problem = aProblem([
      double('x', { min: '0', max: '1' }),
      categorical('c', ['a', 'b']),
      int('n', { min: '1', max: '9' }),
    ])
    const call = aCall('bayesianoptimization', problem)
    const history = tried(call, 18, values => Number(values.x) + (values.c === 'a' ? 0 : 1) + Number(values.n) / 10)
    const reversed = { finished: history.finished.toReversed(), pending: [] }
    const ask = (given: History) => suggestFor({ ...call, history: given, firstIndex: 18, count: 2 })
    expect(ask(reversed)).toEqual(ask(history))
  })
})

function lossOf({ outcome }: History['finished'][number]): number {
  return outcome.is === 'completed' ? outcome.losses[0] : Number.NaN
}
