import { expect, test } from 'vitest'
import { withListsInPlace } from '#controller'

const anObject = (...parameters: readonly unknown[]) => ({
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Experiment',
  metadata: { name: 'tuned' },
  spec: { parameters },
})
const misplaced = (distribution: unknown, more = {}) => ({
  name: 'kind',
  parameterType: 'categorical',
  feasibleSpace: { distribution, ...more },
})

test('values in the place of a distribution become the list; numbers become text', () => {
  const number = { name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }
  const { spec } = withListsInPlace(anObject(number, misplaced(['left', 16, 0.5])))
  expect(spec.parameters).toEqual([
    number,
    { name: 'kind', parameterType: 'categorical', feasibleSpace: { list: ['left', '16', '0.5'] } },
  ])
})

test.each([
  { what: 'a distribution that is one', object: anObject(misplaced('uniform')) },
  { what: 'a list beside it', object: anObject(misplaced(['a'], { list: ['b'] })) },
  { what: 'another type', object: anObject({ ...misplaced(['a']), parameterType: 'double' }) },
  { what: 'no parameters', object: { ...anObject(), spec: {} } },
  { what: 'no spec', object: { ...anObject(), spec: null } },
  { what: 'what is no parameter', object: anObject(null, 'x', { parameterType: 'categorical' }) },
])('$what is left as it is', ({ object }) => {
  expect(withListsInPlace(object)).toBe(object)
})
