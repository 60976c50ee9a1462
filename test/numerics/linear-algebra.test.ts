import { describe, expect, test } from 'vitest'
import {
  appendRow,
  cholesky,
  choleskyWithJitter,
  inverseFromCholesky,
  minimizeInBox,
  rngOf,
  solveLower,
  solveLowerTransposed,
} from '#numerics'

/** B Bᵀ + I, symmetric positive definite. */
function aMatrix(n: number, seed: number): Float64Array {
  const rng = rngOf([seed, 1, 1, 1])
  const b = Float64Array.from({ length: n * n }, () => rng.normal())
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 1 : 0
      for (let k = 0; k < n; k++) sum += b[i * n + k] * b[j * n + k]
      a[i * n + j] = sum
    }
  }
  return a
}

function largestError(a: Float64Array, l: Float64Array, n: number): number {
  let error = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k <= j; k++) sum += l[i * n + k] * l[j * n + k]
      error = Math.max(error, Math.abs(sum - a[i * n + j]))
    }
  }
  return error
}

describe('Cholesky', () => {
  test.each([1, 2, 3, 47, 48, 49, 97, 131])('L Lᵀ is A, n = %d', n => {
    const a = aMatrix(n, n)
    const l = a.slice()
    expect(cholesky(l, n)).toBe(true)
    expect(largestError(a, l, n)).toBeLessThan(1e-9)
  })

  test('a row appended to the factor is the factor of the grown matrix, 60 times', () => {
    const n = 61
    const a = aMatrix(n, 5)
    let l: Float64Array = Float64Array.of(Math.sqrt(a[0]))
    for (let size = 1; size < n; size++)
      l = appendRow(l, size, a.subarray(size * n, size * n + size), a[size * n + size])
    expect(largestError(a, l, n)).toBeLessThan(1e-9)
  })

  test('solves and inverts', () => {
    const n = 70
    const a = aMatrix(n, 6)
    const l = a.slice()
    cholesky(l, n)
    const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i))
    const x = b.slice()
    solveLower(l, n, x)
    solveLowerTransposed(l, n, x)
    const inverse = inverseFromCholesky(l, n)
    for (let i = 0; i < n; i++) {
      let product = 0
      let same = 0
      for (let j = 0; j < n; j++) {
        product += a[i * n + j] * x[j]
        same += inverse[i * n + j] * b[j]
      }
      expect(product).toBeCloseTo(b[i], 8)
      expect(same).toBeCloseTo(x[i], 8)
    }
  })

  test('a singular matrix gets the least jitter that helps, an indefinite one none', () => {
    const ones = new Float64Array(16).fill(1)
    const factored = choleskyWithJitter(ones, 4)
    expect(factored?.jitter).toBeGreaterThan(0)
    expect(factored?.jitter).toBeLessThanOrEqual(1e-8)
    expect(choleskyWithJitter(Float64Array.of(1, 3, 3, 1), 2)).toBeUndefined()
  })
})

describe('L-BFGS in a box', () => {
  const box = (d: number, low: number, high: number) => ({
    lower: new Float64Array(d).fill(low),
    upper: new Float64Array(d).fill(high),
  })
  const rosenbrock = (x: Float64Array, g: Float64Array) => {
    g[0] = -400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0])
    g[1] = 200 * (x[1] - x[0] ** 2)
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
  }

  test('finds the free minimum of Rosenbrock', () => {
    const found = minimizeInBox({ ...box(2, -5, 5), evaluate: rosenbrock }, Float64Array.of(-1.2, 1), {
      maxIterations: 300,
    })
    expect(found.value).toBeLessThan(1e-10)
    expect(found.evaluationCount).toBeLessThan(120)
  })

  test('finds the minimum on the bound: x = 0.5 forces y = 0.25', () => {
    const bounds = { lower: Float64Array.of(-2, -2), upper: Float64Array.of(0.5, 2) }
    const found = minimizeInBox({ ...bounds, evaluate: rosenbrock }, Float64Array.of(-1, 1.5), { maxIterations: 300 })
    expect(found.x[0]).toBe(0.5)
    expect(found.x[1]).toBeCloseTo(0.25, 5)
  })

  test('a quadratic with a known corner: every variable that wants out ends at its bound', () => {
    const target = Float64Array.of(2, -3, 0.25, 0.5)
    const evaluate = (x: Float64Array, g: Float64Array) => {
      let value = 0
      for (let i = 0; i < 4; i++) {
        g[i] = 2 * (i + 1) * (x[i] - target[i])
        value += (i + 1) * (x[i] - target[i]) ** 2
      }
      return value
    }
    const { x } = minimizeInBox({ ...box(4, 0, 1), evaluate }, new Float64Array(4).fill(0.5))
    expect([x[0], x[1]]).toEqual([1, 0])
    expect(x[2]).toBeCloseTo(0.25, 6)
    expect(x[3]).toBeCloseTo(0.5, 6)
  })

  test('a wall of infinities is walked along, not through', () => {
    const evaluate = (x: Float64Array, g: Float64Array) => {
      g[0] = 1
      return x[0] < 0.3 ? Number.NaN : x[0]
    }
    expect(minimizeInBox({ ...box(1, 0, 1), evaluate }, Float64Array.of(0.9)).x[0]).toBeGreaterThanOrEqual(0.3)
  })
})
