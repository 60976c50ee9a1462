import { expect, test } from 'vitest'
import { parseJson } from '#api'
import { jsonPatch } from '../../../server/admission/json-patch.ts'

test.each([
  { name: 'equal values', from: { a: [1, { b: 2 }] }, to: { a: [1, { b: 2 }] }, patch: [] },
  {
    name: 'a member that is added, one that changes, one that is gone',
    from: { kept: 1, changed: 'x', gone: true },
    to: { kept: 1, changed: 'y', added: {} },
    patch: [
      { op: 'remove', path: '/gone' },
      { op: 'replace', path: '/changed', value: 'y' },
      { op: 'add', path: '/added', value: {} },
    ],
  },
  {
    name: 'names with slashes and tildes',
    from: { 'a/b~c': { d: 1 } },
    to: { 'a/b~c': { d: 2 } },
    patch: [{ op: 'replace', path: '/a~1b~0c/d', value: 2 }],
  },
  {
    name: 'a list of the same length, item by item',
    from: [{ a: 1 }, { a: 2 }],
    to: [{ a: 1 }, { a: 2, b: 3 }],
    patch: [{ op: 'add', path: '/1/b', value: 3 }],
  },
  {
    name: 'a longer list, whole',
    from: { a: [1] },
    to: { a: [1, 2] },
    patch: [{ op: 'replace', path: '/a', value: [1, 2] }],
  },
  {
    name: 'a value of another kind',
    from: { a: null },
    to: { a: {} },
    patch: [{ op: 'replace', path: '/a', value: {} }],
  },
  {
    name: 'undefined is absent',
    from: { a: 1, b: undefined },
    to: { a: undefined },
    patch: [{ op: 'remove', path: '/a' }],
  },
])('$name', ({ from, to, patch }) => {
  expect(jsonPatch(from, to)).toEqual(patch)
})

test('an integer that no double holds is not named while it stays', () => {
  const from = parseJson('{"spec":{"seed":9007199254740993}}') as { spec: object }
  const patch = jsonPatch(from, { spec: { ...from.spec, parallelTrialCount: 3 } })
  expect(patch).toEqual([{ op: 'add', path: '/spec/parallelTrialCount', value: 3 }])
})
