import { describe, expect, test } from 'vitest'
import { rngOf } from '#numerics'
import { createSpace, problemRefusal, valuesOf } from '#suggestion'
import { aProblem, aRandomProblem, categorical, discrete, double, int } from './problems.ts'

describe('every value of a grid is met as often as its distribution says, both ends too', () => {
  test.each([
    { parameter: int('n', { min: '1', max: '7' }), levels: 7 },
    { parameter: int('n', { min: '3', max: '20', step: '4' }), levels: 5 },
    { parameter: double('x', { min: '0', max: '1', step: '0.1' }), levels: 11 },
    { parameter: discrete('d', ['64', '16', '32']), levels: 3 },
    { parameter: categorical('c', ['a', 'b', 'c', 'd']), levels: 4 },
  ])('$parameter.feasibleSpace', ({ parameter, levels }) => {
    const space = createSpace(aProblem([parameter]))
    const rng = rngOf([1, 2, 3, 4])
    const counts = new Map<string, number>()
    for (let i = 0; i < 500 * levels; i++) {
      const [{ value }] = space.toAssignments(Float64Array.of(rng.uniform()))
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect(counts.size).toBe(levels)
    expect(space.cellCount).toBe(levels)
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)
    expect(chiSquare).toBeLessThan(levels + 4 * Math.sqrt(2 * levels) + 6)
  })

  test.each(['logUniform', 'normal', 'logNormal'] as const)('integers 1 to 20 as %s', distribution => {
    const space = createSpace(aProblem([int('n', { min: '1', max: '20', distribution })]))
    const seen = Array.from({ length: 20_000 }, (_, i) =>
      Number(space.toAssignments(Float64Array.of((i + 0.5) / 20_000))[0].value),
    )
    expect(new Set(seen).size).toBe(20)
    const median = seen[10_000]
    expect(median).toBe({ logUniform: 3, normal: 11, logNormal: 4 }[distribution])
  })
})

const createSpaceUnit = (text: string) =>
  createSpace(aProblem([double('x', { min: '0.0001', max: '1', distribution: 'logUniform' })])).axes[0].toUnit(text)!

describe('distributions of doubles', () => {
  const at = (distribution: 'uniform' | 'logUniform' | 'normal' | 'logNormal', min: string, max: string, u: number) =>
    Number(createSpace(aProblem([double('x', { min, max, distribution })])).toAssignments(Float64Array.of(u))[0].value)

  test('the ends are exact and the middle is the median', () => {
    for (const distribution of ['uniform', 'logUniform', 'normal', 'logNormal'] as const) {
      expect(at(distribution, '0.01', '100', 0)).toBe(0.01)
      expect(at(distribution, '0.01', '100', 1)).toBe(100)
    }
    expect(at('uniform', '0.01', '100', 0.5)).toBeCloseTo(50.005, 12)
    expect(at('logUniform', '0.01', '100', 0.5)).toBeCloseTo(1, 12)
    expect(at('normal', '-6', '6', 0.8413447460685429)).toBeCloseTo(2, 1)
    expect(at('logUniform', '0.0001', '1', createSpaceUnit('0.01'))).toBe(0.01)
    expect(at('logNormal', '0.01', '100', 0.5)).toBeCloseTo(1, 12)
  })

  test('ranges as wide as doubles go', () => {
    expect(at('uniform', '-1.7e308', '1.7e308', 0.5)).toBe(0)
    expect(at('logUniform', '1e-300', '1e300', 0.5)).toBeCloseTo(1, 9)
  })
})

test('values are printed as their shortest numeral, on their grid', () => {
  const steps = createSpace(aProblem([double('x', { min: '0.1', max: '0.7', step: '0.1' })]))
  const texts = Array.from({ length: 7 }, (_, k) => steps.axes[0].toText(steps.axes[0].unitOf(k)))
  expect(texts).toEqual(['0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7'])
  const wide = createSpace(aProblem([int('n', { min: '0', max: '9007199254740991' })]))
  expect(wide.toAssignments(Float64Array.of(1))[0].value).toBe('9007199254740991')
  const single = createSpace(aProblem([double('x', { min: '1e-7', max: '1e-7' }), int('n', { min: '4', max: '4' })]))
  expect(single.cellCount).toBe(1)
  expect(valuesOf(single.toAssignments(Float64Array.of(0.3, 0.9)))).toEqual({ x: '1e-7', n: '4' })
})

test('every point of 150 random spaces survives the way to text and back', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const space = createSpace(aRandomProblem(seed))
    const rng = rngOf([seed, 9, 9, 9])
    for (let i = 0; i < 12; i++) {
      const point = Float64Array.from(space.axes, () => (i < 2 ? i : rng.uniform()))
      const assignments = space.toAssignments(point)
      const back = space.toPoint(valuesOf(assignments))
      expect(back, `seed ${seed}`).toBeDefined()
      expect(space.toAssignments(back!), `seed ${seed}`).toEqual(assignments)
      expect(space.snap(point), `seed ${seed}`).toEqual(back)
      expect(space.snap(back!), `seed ${seed}`).toEqual(back)
      expect(back!.every(u => u >= 0 && u <= 1)).toBe(true)
    }
  }
})

test('a foreign value goes to the nearest one, an unknown name is no point', () => {
  const space = createSpace(aProblem([int('n', { min: '1', max: '5' }), categorical('c', ['a', 'b'])]))
  expect(valuesOf(space.toAssignments(space.toPoint({ n: '99', c: 'b' })!))).toEqual({ n: '5', c: 'b' })
  expect(space.toPoint({ n: '1', c: 'z' })).toBeUndefined()
  expect(space.toPoint({ n: '1' })).toBeUndefined()
})

describe('refused at admission, all at once', () => {
  test('the space, path by path', () => {
    const problem = aProblem([
      double('a', { min: '0', max: '1', distribution: 'logUniform' }),
      double('b', { min: '2', max: '1' }),
      int('b', { min: '0', max: 'many' }),
      categorical('c', []),
      double('d', { min: '0', max: '1', step: '0' }),
    ])
    expect(problemRefusal(problem, { algorithmName: 'random' }).map(({ path }) => path)).toEqual([
      'spec.parameters[0].feasibleSpace.min',
      'spec.parameters[1].feasibleSpace.min',
      'spec.parameters[2].feasibleSpace.max',
      'spec.parameters[3].feasibleSpace.list',
      'spec.parameters[4].feasibleSpace.step',
      'spec.parameters[2].name',
    ])
  })

  test.each([
    { algorithmName: 'radom', settings: [], path: 'spec.algorithm.algorithmName', message: /did you mean "random"/ },
    {
      algorithmName: 'random',
      settings: [{ name: 'random_stat', value: '1' }],
      path: 'spec.algorithm.algorithmSettings[0]',
      message: /^unknown setting random_stat for algorithm random; did you mean random_state/,
    },
    {
      algorithmName: 'random',
      settings: [{ name: 'random_state', value: '-3' }],
      path: 'spec.algorithm.algorithmSettings[0]',
      message: /^failed to validate random_state\(-3\): expected an integer >= 0, got "-3"/,
    },
    { algorithmName: 'grid', settings: [], path: 'spec.algorithm', message: /give "x" feasibleSpace.step/ },
  ])('$message', ({ algorithmName, settings, path, message }) => {
    const problem = aProblem([double('x', { min: '0', max: '1' })])
    const refusal = problemRefusal(problem, { algorithmName, algorithmSettings: settings })
    expect(refusal).toHaveLength(1)
    expect(refusal[0].path).toBe(path)
    expect(refusal[0].message).toMatch(message)
  })

  test('initial trials that are no points of the space', () => {
    const problem = aProblem([int('n', { min: '1', max: '5' })], {
      initialTrials: [{ n: '9' }, { m: '1' }, { n: '2' }],
    })
    expect(problemRefusal(problem, { algorithmName: 'random' }).map(({ message }) => message)).toEqual([
      'expected a value of "n", nearest "5", got "9"',
      'expected a parameter (n), got "m"',
    ])
  })
})
