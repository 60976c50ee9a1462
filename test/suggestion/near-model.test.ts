import { sampleRankCorrelation } from 'simple-statistics'
import { expect, test } from 'vitest'
import { rngOf } from '#numerics'
import { createSpace, type FinishedTrial } from '#suggestion'
import { modelOf } from '../../suggestion/bayesianoptimization/model.ts'
import { nearModelOf } from '../../suggestion/bayesianoptimization/near-model.ts'
import { predict } from '../../suggestion/bayesianoptimization/posterior.ts'
import { observe } from '../../suggestion/tpe/observations.ts'
import { aProblem, double, int } from './problems.ts'

const plane = createSpace(aProblem([double('x', { min: '0', max: '1' }), double('y', { min: '0', max: '1' })])).axes
/** A bent valley between steep walls, its floor as good as even. */
const valley = (u: Float64Array) => 1e4 * (u[1] - u[0] ** 2) ** 2 + (0.7 - u[0]) ** 2

function observed(count: number) {
  const rng = rngOf([1, 6, 1, 8])
  const finished = Array.from({ length: count }, (_, index): FinishedTrial => {
    // Two of three as a search that has found the valley leaves them.
    const x = rng.uniform()
    const y = index % 3 ? x ** 2 + 0.02 * rng.normal() : rng.uniform()
    const point = Float64Array.of(x, Math.min(1, Math.max(0, y)))
    return { index, point, outcome: { is: 'completed', losses: [valley(point)] } }
  })
  return observe({ finished, pending: [] })
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
