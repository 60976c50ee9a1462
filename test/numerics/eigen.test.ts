import { expect, test } from 'vitest'
import { rngOf, symmetricEigen } from '#numerics'

test.each([1, 2, 3, 8, 25, 60])('V diag(λ) Vᵀ is A and V is orthogonal, n = %d', n => {
  const rng = rngOf([n, 3, 3, 3])
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = rng.normal()
  const { values, vectors } = symmetricEigen(a, n) ?? expect.unreachable()
  expect([...values]).toEqual([...values].sort((x, y) => x - y))
  let error = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let product = 0
      let identity = 0
      for (let k = 0; k < n; k++) {
        product += vectors[i * n + k] * values[k] * vectors[j * n + k]
        identity += vectors[k * n + i] * vectors[k * n + j]
      }
      error = Math.max(error, Math.abs(product - a[i * n + j]), Math.abs(identity - (i === j ? 1 : 0)))
    }
  }
  expect(error).toBeLessThan(1e-12 * n)
})

test('known spectra, equal eigenvalues among them', () => {
  const { values } = symmetricEigen(Float64Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2), 3) ?? expect.unreachable()
  expect([...values]).toEqual([2, 2, 2])
  const { values: pair } = symmetricEigen(Float64Array.of(1, 3, 3, 1), 2) ?? expect.unreachable()
  expect(pair[0]).toBeCloseTo(-2, 12)
  expect(pair[1]).toBeCloseTo(4, 12)
})

test('a matrix with a NaN is refused', () => {
  expect(symmetricEigen(Float64Array.of(1, 0, Number.NaN, 1), 2)).toBeUndefined()
})
