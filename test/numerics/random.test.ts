import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hash128, rngOf, streamOf, xoshiro128 } from '#numerics'

const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/special-functions.json'), 'utf8'))

test('the generator gives the published words for state 1, 2, 3, 4', () => {
  const next = xoshiro128([1, 2, 3, 4])
  expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492])
})

test.each(Object.entries<number[]>(golden.hash))('the hash of "%s" is the reference one', (text, words) => {
  expect([...hash128(text)]).toEqual(words)
})

describe('a stream', () => {
  test('is the same for the same seed, algorithm and index, in another process too', () => {
    const here = Array.from({ length: 5 }, () => streamOf(7, 'tpe', 3)).map(rng => rng.uniform())
    expect(new Set(here).size).toBe(1)
    const program = `import { streamOf } from '#numerics'; console.log(streamOf(7, 'tpe', 3).uniform())`
    const there = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(Number(there)).toBe(here[0])
  })

  test('differs with each of its three names', () => {
    const firsts = [streamOf(7, 'tpe', 3), streamOf(8, 'tpe', 3), streamOf(7, 'grid', 3), streamOf(7, 'tpe', 4)]
    expect(new Set(firsts.map(rng => rng.uniform())).size).toBe(4)
  })

  test('is uniform over 64 cells and uncorrelated with its neighbour', () => {
    const counts = new Array<number>(64).fill(0)
    let product = 0
    for (let index = 0; index < 1000; index++) {
      const [left, right] = [streamOf(1, 'random', index), streamOf(1, 'random', index + 1)]
      for (let draw = 0; draw < 16; draw++) {
        const u = left.uniform()
        counts[Math.floor(u * 64)]++
        product += (u - 0.5) * (right.uniform() - 0.5)
      }
    }
    const expected = 16_000 / 64
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(103.4) // 63 degrees of freedom, 0.1 %
    expect(Math.abs(product / 16_000) * 12).toBeLessThan(0.03)
  })

  test('gives integers without bias, normals with unit variance and true permutations', () => {
    const rng = rngOf([5, 6, 7, 8])
    const counts = [0, 0, 0]
    for (let i = 0; i < 3000; i++) counts[rng.integer(3)]++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(100)
    const normals = Array.from({ length: 4000 }, () => rng.normal())
    const variance = normals.reduce((sum, z) => sum + z * z, 0) / normals.length
    expect(Math.abs(variance - 1)).toBeLessThan(0.1)
    expect(rng.permutation(50).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })
})
