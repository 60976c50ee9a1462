import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  decay,
  erf,
  erfc,
  erfcx,
  log1mExp,
  logDiffExp,
  logNormalCdf,
  logSumExp,
  normalCdf,
  normalLogQuantile,
  normalQuantile,
} from '#numerics'

const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/special-functions.json'), 'utf8'))

function expectClose(got: number, expected: number, relative = 1e-14) {
  expect(Math.abs(got - expected), `got ${got}, expected ${expected}`).toBeLessThanOrEqual(
    relative * Math.abs(expected) + 1e-300,
  )
}

describe('agrees with SciPy', () => {
  test.each<[number, number, number, number | null]>(golden.erf)('erf, erfc, erfcx of %d', (x, e, c, cx) => {
    expectClose(erf(x), e)
    expectClose(erfc(x), c, 4e-14)
    if (cx === null) expect(erfcx(x)).toBe(Number.POSITIVE_INFINITY)
    else expectClose(erfcx(x), cx, 4e-14)
  })
  test.each<[number, number]>(golden.logNormalCdf)('log Φ(%d)', (z, expected) =>
    expectClose(logNormalCdf(z), expected, 4e-14),
  )
  test.each<[number, number]>(golden.normalQuantile)('Φ⁻¹(%d)', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-14 * Math.max(1, Math.abs(expected)))
  })
  test.each<[number, number]>(golden.normalLogQuantile)('Φ⁻¹ of exp(%d)', (logP, expected) => {
    expectClose(normalLogQuantile(logP), expected, 1e-13)
  })
})

test('the quantile undoes the distribution function', () => {
  for (let z = -8; z <= 5; z += 0.37) expectClose(normalQuantile(normalCdf(z)), z, 1e-9)
})

test('decay is exp(-t) for every t from 0 on', () => {
  for (let t = 0; t < 60; t += 0.00317) expectClose(decay(t), Math.exp(-t), 1e-15)
  for (const t of [1 / 128, 1 / 64, 39.999999, 40, 700]) expectClose(decay(t), Math.exp(-t), 1e-15)
  expect(decay(0)).toBe(1)
  expect(decay(Number.POSITIVE_INFINITY)).toBe(0)
})

test('sums and differences of logarithms', () => {
  expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY)
  expectClose(logSumExp([1000, 1000]), 1000 + Math.LN2)
  expect(logDiffExp(Math.log(3), Math.log(2))).toBeCloseTo(0, 14)
  expectClose(log1mExp(-1e-20), Math.log(1e-20))
  expectClose(log1mExp(-50), -Math.exp(-50))
})
