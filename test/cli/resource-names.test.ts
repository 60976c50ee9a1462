import { expect, test } from 'vitest'
import { kindNamed, objectsNamed } from '../../cli/input/resource-names.ts'

const named = (...words: string[]) => objectsNamed(words, 'experiment').map(({ kind, name }) => [kind.kind, name])

test.each([
  [['a'], [['Experiment', 'a']]],
  [
    ['a', 'b'],
    [
      ['Experiment', 'a'],
      ['Experiment', 'b'],
    ],
  ],
  [['experiment', 'a'], [['Experiment', 'a']]],
  [
    ['trials', 'a', 'b'],
    [
      ['Trial', 'a'],
      ['Trial', 'b'],
    ],
  ],
  [
    ['trial.kubeflow.org/a', 'exp/b', 'c'],
    [
      ['Trial', 'a'],
      ['Experiment', 'b'],
      ['Experiment', 'c'],
    ],
  ],
  // An experiment may well be called like a kind.
  [['trial'], [['Experiment', 'trial']]],
])('%j', (words, expected) => {
  expect(named(...words)).toEqual(expected)
})

test('a kind that is not known is refused with those that are', () => {
  expect(() => named('thing/a')).toThrow('unknown kind "thing": expected experiments, trials')
  expect(() => kindNamed('things')).toThrow('unknown kind')
})
