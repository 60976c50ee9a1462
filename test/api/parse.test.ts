import { describe, expect, test } from 'vitest'
import { covers, dotted, parseExperiment } from '#api'

const anObject = (spec: unknown) => ({
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Experiment',
  metadata: { name: 'a' },
  spec,
})

test('paths are dotted, indexes stand in brackets', () => {
  expect(dotted(['spec', 'parameters', 2, 'name'])).toBe('spec.parameters[2].name')
})

test.each([
  ['spec', 'spec', true],
  ['spec', 'spec.a', true],
  ['spec.a', 'spec.ab', false],
  ['spec.a', 'spec.a[0]', true],
  ['spec.a', 'spec', false],
])('%s covers %s: %s', (outer, path, is) => {
  expect(covers(outer, path)).toBe(is)
})

test('what is right comes back whole, with what is unknown', () => {
  const object = anObject({ mine: [1, null], trialTemplate: { trialSpec: { a: null, b: '' }, extra: true } })
  const { experiment, problems } = parseExperiment(object)
  expect(problems).toEqual([])
  expect(experiment?.spec).toEqual(object.spec)
})

test('null fields go, those of the template and of metadata stay', () => {
  const { experiment } = parseExperiment({
    ...anObject({ seed: null, parameters: null, trialTemplate: { trialSpec: { a: null } } }),
    metadata: { name: 'a', creationTimestamp: null },
    status: { completionTime: null, conditions: null },
  })
  expect(experiment?.spec).toEqual({ trialTemplate: { trialSpec: { a: null } } })
  expect(experiment?.metadata.creationTimestamp).toBeNull()
  expect(experiment?.status).toEqual({})
})

test('values of a categorical parameter that stand under distribution are its list', () => {
  const space = (feasibleSpace: object) =>
    parseExperiment(anObject({ parameters: [{ name: 'a', parameterType: 'categorical', feasibleSpace }] }))
  expect(space({ distribution: ['x', 'y'] }).experiment?.spec.parameters?.[0].feasibleSpace).toEqual({
    list: ['x', 'y'],
  })
  expect(space({ list: ['x'], distribution: ['y'] }).problems.map(({ path }) => path)).toEqual([
    'spec.parameters[0].feasibleSpace.distribution',
  ])
})

test('an absent spec is an empty one', () => {
  expect(parseExperiment({ ...anObject(undefined) }).experiment?.spec).toEqual({})
})

describe('what cannot be an Experiment', () => {
  test.each([[undefined], [null], [[]], ['x'], [7]])('%j', object => {
    expect(parseExperiment(object).problems).not.toEqual([])
  })

  test('another kind', () => {
    const { problems } = parseExperiment({ ...anObject({}), kind: 'Trial' })
    expect(problems).toEqual([{ path: 'kind', reason: 'Invalid', message: 'expected Experiment, got "Trial"' }])
  })
})

test('a hundred mistakes are a hundred problems', () => {
  const parameters = Array.from({ length: 100 }, () => ({ name: 1, parameterType: 'int', feasibleSpace: {} }))
  const { problems } = parseExperiment(anObject({ parameters }))
  expect(problems.map(({ path }) => path)).toEqual(parameters.map((_, i) => `spec.parameters[${i}].name`))
})

test('reasons tell what is missing from what is wrong', () => {
  const { problems } = parseExperiment(anObject({ parameters: [{ parameterType: 'float', feasibleSpace: 'x' }] }))
  expect(problems.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
    'spec.parameters[0].name: Required',
    'spec.parameters[0].parameterType: Invalid',
    'spec.parameters[0].feasibleSpace: TypeInvalid',
  ])
})

test('a long value is cut', () => {
  const { problems } = parseExperiment(anObject({ resumePolicy: 'x'.repeat(1000) }))
  expect(problems[0].message.length).toBeLessThan(150)
})
