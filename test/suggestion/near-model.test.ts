import { sampleRankCorrelation } from 'simple-statistics'
import { expect, test } from 'vitest'
import { rngOf } from '#numerics'
import { createSpace, type FinishedTrial, suggestFor, valuesOf } from '#suggestion'
import { modelOf, warpOf } from '../../suggestion/bayesianoptimization/model.ts'
import { nearModelOf } from '../../suggestion/bayesianoptimization/near-model.ts'
import { predict } from '../../suggestion/bayesianoptimization/posterior.ts'
import { observe } from '../../suggestion/tpe/observations.ts'
import { aCall, aProblem, double, int } from './problems.ts'

const square = aProblem([double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1' })])
const plane = createSpace(square).axes
/** A bent valley between steep walls, its floor as good as even. */
const valley = (u: Float64Array) => 1e4 * (u[1] - u[0] ** 2) ** 2 + (0.7 - u[0]) ** 2

const observed = (count: number) => observe({ finished: finishedOf(count), pending: [] })

function finishedOf(count: number, loss = valley): FinishedTrial[] {
  const rng = rngOf([1, 6, 1, 8])
  return Array.from({ length: count }, (_, index): FinishedTrial => {
    // Two of three as a search that has found the valley leaves them.
    const x = rng.uniform()
    const y = index % 3 ? x ** 2 + 0.02 * rng.normal() : rng.uniform()
    const point = Float64Array.of(x, Math.min(1, Math.max(0, y)))
    return { index, point, outcome: { is: 'completed', losses: [loss(point)] } }
  })
}

test('it predicts the order of losses near the best', () => {
  const observations = observed(60)
  const wide = modelOf(plane, observations) ?? expect.unreachable()
  const near = nearModelOf(plane, observations, wide) ?? expect.unreachable()
  const rng = rngOf([2, 7, 1, 8])
  const points = Array.from({ length: 60 }, () =>
    near.box.lower.map((low, i) => low + rng.uniform() * (near.box.upper[i] - low)),
  )
  const predicted = points.map(point => predict(near.posterior, point).mean)
  expect(sampleRankCorrelation(predicted, points.map(valley))).toBeGreaterThan(0.9)
})

test('its box holds the best trial and lies in the cube', () => {
  const observations = observed(60)
  const wide = modelOf(plane, observations) ?? expect.unreachable()
  const { box } = nearModelOf(plane, observations, wide) ?? expect.unreachable()
  for (const [i, u] of observations.ranked[0].point.entries()) {
    expect(box.lower[i]).toBeLessThanOrEqual(u)
    expect(box.upper[i]).toBeGreaterThanOrEqual(u)
    expect(box.lower[i]).toBeGreaterThanOrEqual(0)
    expect(box.upper[i]).toBeLessThanOrEqual(1)
  }
})

test('there is none among steps, nor while all trials are neighbours', () => {
  const observations = observed(60)
  const wide = modelOf(plane, observations) ?? expect.unreachable()
  const stepped = createSpace(aProblem([double('x', { min: '0', max: '1' }), int('n', { min: '0', max: '9' })])).axes
  expect(nearModelOf(stepped, observations, wide)).toBeUndefined()
  const few = observed(29)
  expect(nearModelOf(plane, few, modelOf(plane, few) ?? expect.unreachable())).toBeUndefined()
})

const waves = (u: Float64Array) => (u[0] - 0.4) ** 2 + u[1] + 0.3 * Math.sin(40 * u[0]) * Math.sin(40 * u[1])
const steep = (u: Float64Array) => Math.exp(30 * ((u[0] - 0.4) ** 2 + (u[1] - 0.6) ** 2))
const aPending = { index: 48, point: Float64Array.of(0.1, 0.9) }

/** What `bayesianoptimization` suggests after 48 trials, of a budget of so many. */
function suggestedOf(
  maxTrialCount: number,
  loss: (u: Float64Array) => number,
  pending: readonly (typeof aPending)[] = [],
): Float64Array {
  const problem = { ...square, maxTrialCount }
  const history = { finished: finishedOf(48, loss), pending }
  const { assignments } = suggestFor(
    aCall('bayesianoptimization', problem, { history, firstIndex: 48 + pending.length }),
  )
  return createSpace(problem).toPoint(valuesOf(assignments[0].parameterAssignments)) ?? expect.unreachable()
}

test('in the last eighth of the budget a point lies where the least loss is predicted', () => {
  expect(suggestedOf(55, waves)).toEqual(suggestedOf(400, waves))
  const meanAt = meanOf(waves)
  const least = meanAt(suggestedOf(54, waves))
  expect(least).toBeLessThan(meanAt(suggestedOf(400, waves)))
  for (let i = 0; i <= 20; i++) {
    for (let j = 0; j <= 20; j++) expect(least).toBeLessThanOrEqual(meanAt(Float64Array.of(i / 20, j / 20)) + 1e-6)
  }
})

test('so it does where losses are seen by their logarithms', () => {
  expect(warpOf(plane, observe({ finished: finishedOf(48, steep), pending: [] }).ranked)).toBe('log')
  const meanAt = meanOf(steep)
  expect(meanAt(suggestedOf(54, steep))).toBeLessThan(meanAt(suggestedOf(400, steep)))
})

function meanOf(loss: (u: Float64Array) => number): (point: Float64Array) => number {
  const wide = modelOf(plane, observe({ finished: finishedOf(48, loss), pending: [] })) ?? expect.unreachable()
  return point => predict(wide, point).mean
}

test('there, while a trial is in flight, it lies near the best, unless losses are seen by their logarithms', () => {
  const last = suggestedOf(56, waves, [aPending])
  expect(last).not.toEqual(suggestedOf(54, waves))
  const observations = observe({ finished: finishedOf(48, waves), pending: [] })
  const wide = modelOf(plane, observations) ?? expect.unreachable()
  const { box } = nearModelOf(plane, observations, wide) ?? expect.unreachable()
  for (const [i, u] of last.entries()) {
    expect(u).toBeGreaterThanOrEqual(box.lower[i] - 1e-12)
    expect(u).toBeLessThanOrEqual(box.upper[i] + 1e-12)
  }
  const second = { index: 49, point: Float64Array.of(0.9, 0.1) }
  expect(suggestedOf(54, steep, [aPending, second])).toEqual(suggestedOf(400, steep, [aPending, second]))
})
