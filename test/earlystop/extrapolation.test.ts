import { describe, expect, test } from 'vitest'
import { streamOf } from '#numerics'
import { extrapolate } from '../../earlystop/curve/extrapolate.ts'
import { families } from '../../earlystop/curve/families.ts'
import { fitFrom } from '../../earlystop/curve/fit.ts'

const t = Array.from({ length: 30 }, (_, i) => i + 1)

describe.each(families.map(family => ({ name: family.name, family })))('$name', ({ family }) => {
  test('finds its own curve again, from the nearest start', () => {
    const [first = []] = family.starts(30)
    const shape = first.map(value => value + 0.3)
    const y = t.map(at => 0.2 + 0.7 * family.basis(at, shape))
    const fits = family.starts(30).map(start => fitFrom(family, start, { t, y }, 60))
    const best = fits.reduce((a, b) => (b.rss < a.rss ? b : a))
    expect(best.c + best.a * family.basis(100, best.q)).toBeCloseTo(0.2 + 0.7 * family.basis(100, shape), 3)
  })
})

test('a clean power law is drawn on to where it goes', () => {
  const ahead = extrapolate(
    t.map(at => 0.1 + 0.9 / at),
    100,
    streamOf('a', 'curve', 30),
  )
  expect(ahead?.signalToNoise).toBeGreaterThan(100)
  for (const value of ahead?.values ?? []) expect(value).toBeCloseTo(0.109, 3)
})

test('the same chance gives the same sample; a level curve has none', () => {
  const rng = streamOf('noise', 'curve', 1)
  const losses = t.map(at => 1 / at + 0.05 * rng.normal())
  const sample = () => extrapolate(losses, 60, streamOf('b', 'curve', 30))
  expect(sample()).toEqual(sample())
  expect(
    extrapolate(
      t.map(() => 1),
      60,
      streamOf('b', 'curve', 30),
    ),
  ).toBeUndefined()
})
