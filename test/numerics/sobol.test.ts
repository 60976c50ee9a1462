import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sobolPoint } from '#numerics'

const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/special-functions.json'), 'utf8'))

test('the plain sequence is the published one, low and high dimensions', () => {
  const points = Array.from({ length: 16 }, (_, i) => [...sobolPoint(i, 6)])
  expect(points).toEqual(golden.sobol)
  expect([1, 7, 33, 63].map(i => sobolPoint(i, 1024)[1023])).toEqual(golden.sobolLast)
  expect([1, 7, 33, 63].map(i => sobolPoint(i, 501)[500])).toEqual(golden.sobolMid)
})

describe.each([{ seed: undefined }, { seed: 1 }, { seed: 77 }])('a net, scrambled by $seed', ({ seed }) => {
  test.each([4, 6, 8])('every elementary interval of volume 2^-%d holds one point', m => {
    const points = Array.from({ length: 2 ** m }, (_, i) => sobolPoint(i, 2, seed))
    for (let split = 0; split <= m; split++) {
      const cells = new Set(
        points.map(([x, y]) => Math.floor(x * 2 ** split) * 2 ** (m - split) + Math.floor(y * 2 ** (m - split))),
      )
      expect(cells.size).toBe(2 ** m)
    }
  })
})

test('scrambled points are never 0 or 1 and differ between seeds and dimensions', () => {
  for (let i = 0; i < 200; i++) {
    const point = sobolPoint(i, 40, 3)
    expect(point.every(u => u > 0 && u < 1)).toBe(true)
    expect(new Set(point).size).toBe(40)
  }
  expect(sobolPoint(5, 1, 3)).not.toEqual(sobolPoint(5, 1, 4))
})

test('scrambled points integrate a smooth function far better than random ones', () => {
  const errorAt = (n: number) => {
    let squares = 0
    for (let seed = 1; seed <= 16; seed++) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const [x, y, z] = sobolPoint(i, 3, seed)
        sum += (0.5 + x) * (0.5 + y) * (0.5 + z)
      }
      squares += (sum / n - 1) ** 2
    }
    return Math.sqrt(squares / 16)
  }
  const slope = Math.log2(errorAt(1024) / errorAt(64)) / 4
  expect(slope).toBeLessThan(-1.25)
})
