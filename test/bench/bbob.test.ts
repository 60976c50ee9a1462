import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bbobFunctions, bbobProblem } from '../../bench/problems/bbob/index.ts'
import { instanceOf, penalty, ripple, type Vector } from '../../bench/problems/bbob/transforms.ts'
import { cocoInstance } from './coco-instance.ts'

const problem = (f: number, d: number) => {
  const found = bbobProblem(`bbob-f${f}-d${d}-i1`)
  if (!found) throw new Error(`no f${f}`)
  return found
}
const at = (f: number, x: Vector) =>
  problem(f, x.length).evaluate(Object.fromEntries(x.map((v, i) => [`x${i}`, String(v)])))

/** Where each function says its optimum is; the same rows rotate back, as a rotation's inverse is its transpose. */
function optimumOf(f: number, d: number): Vector {
  const o = instanceOf(`bbob-f${f}-d${d}-i1`, d)
  if (f === 4) return o.optimum.map((v, i) => (i % 2 === 0 ? Math.abs(v) : v))
  if (f === 5) return o.optimum.map(v => 5 * Math.sign(v))
  if (f === 8) return o.optimum.map(v => 0.75 * v)
  if (f === 9 || f === 19) {
    const columns = Array.from({ length: d }, (_, i) => o.rotate(Array.from({ length: d }, (_, j) => Number(i === j))))
    const stretched = 0.5 / Math.max(1, Math.sqrt(d) / 8)
    return columns.map(column => stretched * column.reduce((sum, v) => sum + v, 0))
  }
  if (f === 20) return o.optimum.map(v => (Math.sign(v) * 4.2096874633) / 2)
  if (f === 22) return o.optimum.map(v => 0.98 * v)
  if (f === 24) return o.optimum.map(v => Math.sign(v) * 1.25)
  return o.optimum
}

const all = Array.from({ length: 24 }, (_, i) => i + 1)

describe.each([2, 5, 10])('in %d dimensions', d => {
  test.each(all)('f%d is 0 at its optimum and nowhere below', f => {
    const optimum = optimumOf(f, d)
    expect(penalty(optimum)).toBe(0)
    expect(Math.abs(at(f, optimum))).toBeLessThan(1e-6)
    const { uniforms } = instanceOf(`points ${f}`, d)
    for (let i = 0; i < 40; i++) {
      const far = uniforms(d).map(u => 10 * u - 5)
      const near = optimum.map((v, j) => Math.min(5, Math.max(-5, v + 0.02 * far[j])))
      expect(at(f, far)).toBeGreaterThan(1e-3)
      expect(at(f, near)).toBeGreaterThan(-1e-6)
    }
  })
})

describe('on instances of COCO, the values of an independent implementation', () => {
  type Golden = readonly [f: number, d: number, instance: number, x: Vector, value: number]
  const golden: Golden[] = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/bbob.json'), 'utf8'))
  test.each(all)('f%d', f => {
    const rows = golden.filter(([other]) => other === f)
    expect(rows).toHaveLength(12)
    for (const [, d, i, x, value] of rows) {
      // f20's constants have ten digits in one and more in the other.
      expect(Math.abs(bbobFunctions[f - 1](cocoInstance(f, d, i))(x) - value)).toBeLessThan(1e-8 * Math.max(1, value))
    }
  })
})

test('a name outside the family is none of its tasks', () => {
  expect(['bbob-f25-d10-i1', 'bbob-f0-d10-i1', 'bbob-f1-d1-i1', 'sphere'].map(bbobProblem)).toEqual(
    Array.from({ length: 4 }),
  )
})

test('ripples of the paper: sign and zero are kept, and log T(x) - log x is 0.049 (sin 10 h + sin 7.9 h)', () => {
  expect([ripple(0), ripple(1), ripple(-1)]).toEqual([0, 1, -1])
  expect(Math.log(ripple(Math.E)) - 1).toBeCloseTo(0.049 * (Math.sin(10) + Math.sin(7.9)), 12)
  expect(Math.log(-ripple(-Math.E)) - 1).toBeCloseTo(0.049 * (Math.sin(5.5) + Math.sin(3.1)), 12)
})
