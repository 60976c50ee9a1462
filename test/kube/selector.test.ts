import { describe, expect, test } from 'vitest'
import { fieldSelector, labelSelector, objectSelector, parseQuantity } from '#kube'

const labels = { app: 'web', tier: 'back', 'katib.kubeflow.org/experiment': 'random' }

describe('a label selector', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=back', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (web, api)', true],
    ['app notin (web,api),tier', false],
    ['other notin (x)', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['katib.kubeflow.org/experiment=random', true],
    ['katib.kubeflow.org/experiment in (random, a),app=web', true],
  ])('%s', (text, selected) => {
    expect(labelSelector(text)(labels)).toBe(selected)
  })

  test.each(['=x', 'a in x', 'a in (b', '!a=b', 'a b'])('"%s" is none', text => {
    expect(() => labelSelector(text)).toThrow('label selector: expected')
  })
})

test('an object selector needs all of its labels and expressions', () => {
  const selector = objectSelector({
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }],
  })
  expect([selector(labels), selector({ app: 'web', tier: 'front' }), selector(undefined)]).toEqual([true, false, false])
})

test.each([
  ['metadata.name=a', true],
  ['metadata.name!=a', false],
  ['metadata.name=a,status.phase=Running', true],
  ['status.reason=', true],
  ['constructor.name=Object', false],
])('field selector %s', (text, selected) => {
  expect(fieldSelector(text)({ metadata: { name: 'a' }, status: { phase: 'Running' } })).toBe(selected)
})

test.each([
  ['0.5', 0.5],
  ['100m', 0.1],
  ['1Gi', 2 ** 30],
  ['2e3', 2000],
  ['1E', 1e18],
  [4, 4],
])('quantity %s is %d', (text, value) => {
  expect(parseQuantity(text)).toBeCloseTo(value, 10)
})

test.each(['', 'x', '1 Gi', '1kB'])('"%s" is no quantity', text => {
  expect(() => parseQuantity(text)).toThrow('expected a quantity such as')
})
