import { describe, expect, test } from 'vitest'
import {
  after,
  boxAround,
  FIRST_SIDE,
  patienceOf,
  regionAfter,
  type TrustRegion,
} from '../../suggestion/bayesianoptimization/trust-region.ts'

const fresh: TrustRegion = { side: FIRST_SIDE, successes: 0, failures: 0 }

/** `+` better, `-` not better. */
function played(script: string, d: number): (number | undefined)[] {
  let region: TrustRegion | undefined = fresh
  return Array.from(script, letter => {
    region = region && after(region, letter === '+', d)
    return region?.side
  })
}

describe('the trust region, by script', () => {
  test.each([
    ['three better in a row double it', '+++', 3, 1.6],
    ['two better and one not do nothing', '++-', 3, 0.8],
    ['a success forgets failures', '---+---', 3, 0.8],
    ['four not better halve it in three dimensions', '----', 3, 0.4],
    ['ten not better halve it in ten dimensions', '----------', 10, 0.4],
    ['nine do not', '---------', 10, 0.8],
    ['grown above the largest it gives way', '++++++', 3, undefined],
  ])('%s', (_, script, d, side) => {
    expect(played(script, d).at(-1)).toBe(side)
  })

  test('it collapses after seven halvings', () => {
    const sides = played('-'.repeat(28), 3)
    expect(sides[23]).toBe(0.8 / 2 ** 6)
    expect(sides[27]).toBeUndefined()
  })
})

describe('when it takes over', () => {
  const d = 2
  const falling = Array.from({ length: 40 }, (_, i) => 100 - i)
  const flat = (count: number) => new Array<number>(count).fill(90)
  const side = (losses: readonly number[]) => regionAfter(Float64Array.from(losses), d)?.side

  test('not while better trials are found, and not before patience is at its end', () => {
    expect(side(falling)).toBeUndefined()
    expect(side([...falling, ...flat(patienceOf(d) - 1)])).toBeUndefined()
    expect(side([...falling, ...flat(patienceOf(d))])).toBe(FIRST_SIDE)
  })

  test('then by its own rules, and after a collapse patience begins afresh', () => {
    const waited = [...falling, ...flat(patienceOf(d))]
    expect(side([...waited, ...flat(4)])).toBe(FIRST_SIDE / 2)
    expect(side([...waited, 50, 40, 30])).toBe(2 * FIRST_SIDE)
    const collapsed = [...waited, ...flat(28)]
    expect(side(collapsed)).toBeUndefined()
    expect(side([...collapsed, ...flat(patienceOf(d))])).toBe(FIRST_SIDE)
  })

  test('an affine change of the losses changes nothing, gains of a ten-thousandth are none', () => {
    const losses = [...falling, ...flat(33)]
    expect(side(losses.map(loss => 8 * loss - 5))).toBe(side(losses))
    expect(side([...falling, ...flat(30).map((_, i) => 61 - (i + 1) * 1e-3)])).toBe(FIRST_SIDE)
  })
})

test('the box is wide where the process is smooth, and within the cube', () => {
  // Length scales ½, 2 and 1: their geometric mean is 1.
  const { lower, upper } = boxAround(Float64Array.of(0.5, 0.5, 0.05), 0.2, Float64Array.of(4, 0.25, 1))
  expect([...lower]).toEqual([expect.closeTo(0.45), expect.closeTo(0.3), 0])
  expect([...upper]).toEqual([expect.closeTo(0.55), expect.closeTo(0.7), expect.closeTo(0.15)])
})
