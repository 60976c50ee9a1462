import { describe, expect, test } from 'vitest'
import { rngOf } from '#numerics'
import type { Inputs } from '../../suggestion/bayesianoptimization/covariance.ts'
import { chooseWarp } from '../../suggestion/bayesianoptimization/evidence.ts'
import { warpLosses, warpNames } from '../../suggestion/bayesianoptimization/warp.ts'

const losses = [-3, -2.5, -1, 0, 4, 5, 1e6]

describe.each(warpNames)('the warp %s', name => {
  const { z } = warpLosses(losses, name)

  test('ascending, zero mean, unit variance; an affine change changes nothing', () => {
    expect([...z]).toEqual([...z].sort((a, b) => a - b))
    expect(z.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 9)
    expect(z.reduce((sum, value) => sum + value * value, 0) / z.length).toBeCloseTo(1, 9)
    const moved = warpLosses(
      losses.map(loss => 4 * loss - 8),
      name,
    )
    for (const [a, value] of z.entries()) expect(moved.z[a]).toBeCloseTo(value, 6)
  })

  test('losses at both ends of what a double holds, all but one equal, and nearly equal', () => {
    for (const strange of [
      [-1.7e308, -1, 1, 1.7e308],
      [0, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 1],
      [1, 1 + 2 ** -52, 1 + 2 ** -51, 1 + 2 ** -50],
    ]) {
      const warped = warpLosses(strange, name)
      expect(warped.z.every(Number.isFinite), String(strange)).toBe(true)
      expect(warped.logSlopes.every(Number.isFinite), String(strange)).toBe(true)
    }
  })

  test('its slopes are those of the map, up to the unit of the losses', () => {
    const even = Array.from({ length: 41 }, (_, a) => (a / 10) ** 2 + 0.1 * a)
    const { z, logSlopes } = warpLosses(even, name)
    const difference = (a: number) => Math.log((z[a + 1] - z[a - 1]) / (even[a + 1] - even[a - 1]))
    // The unit is a power of 2, the same for all losses.
    const unit = logSlopes[10] - difference(10)
    for (let a = 2; a < logSlopes.length - 2; a++) expect(logSlopes[a] - difference(a)).toBeCloseTo(unit, 1)
  })
})

test.each(['half-rank', 'log'] as const)(
  '%s: an outlier of a million moves nothing more than one of a hundred',
  name => {
    expect([...warpLosses(losses, name).z]).toEqual([...warpLosses([...losses.slice(0, -1), 100], name).z])
  },
)

describe('the choice by evidence', () => {
  /** 40 random points of two numbers, ordered by what `f` makes of them. */
  function trialsOf(f: (x: number, y: number, i: number) => number): { inputs: Inputs; ascending: Float64Array } {
    const rng = rngOf([3, 1, 4, 1])
    const rows = Array.from({ length: 40 }, (_, i) => {
      const [x, y] = [rng.uniform(), rng.uniform()]
      return { x, y, loss: f(x, y, i) }
    }).sort((a, b) => a.loss - b.loss)
    const x = Float64Array.from(rows.flatMap(row => [row.x, row.y]))
    return {
      inputs: { n: 40, d: 2, x, isName: new Uint8Array(2) },
      ascending: Float64Array.from(rows, ({ loss }) => loss),
    }
  }
  const bowl = (x: number, y: number) => (x - 0.3) ** 2 + (y - 0.6) ** 2

  test('a smooth bowl is seen as it is, or gently bent', () => {
    const { inputs, ascending } = trialsOf(bowl)
    expect(['metric', 'yeo-johnson']).toContain(chooseWarp(inputs, ascending, { prior: 'near-one', hasSum: false }))
  })

  test('a valley over ten orders of magnitude is seen in logarithms or ranks', () => {
    const { inputs, ascending } = trialsOf((x, y) => Math.exp(20 * bowl(x, y)) - 1)
    expect(['log', 'half-rank']).toContain(chooseWarp(inputs, ascending, { prior: 'near-one', hasSum: false }))
  })

  test('outliers are never seen as they are', () => {
    const { inputs, ascending } = trialsOf((x, y, i) => (i % 7 === 0 ? 1e6 * (1 + x) : bowl(x, y)))
    expect(['log', 'half-rank']).toContain(chooseWarp(inputs, ascending, { prior: 'near-one', hasSum: false }))
  })
})
