import { describe, expect, test } from 'vitest'
import { jsonPatch } from '../../standalone/apiserver/patch/json-patch.ts'
import { mergePatch } from '../../standalone/apiserver/patch/merge-patch.ts'
import { strategicMergePatch } from '../../standalone/apiserver/patch/strategic-merge-patch.ts'

describe('merge patch', () => {
  // RFC 7396, appendix A.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected)
  })

  test('reaches no prototype, whatever the keys are', () => {
    const patch = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')
    mergePatch({}, patch)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('JSON patch', () => {
  test.each([
    ['adds to a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['removes from a list', { a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    ['replaces inside of a list', { a: [{ b: 1 }] }, [{ op: 'replace', path: '/a/0/b', value: 2 }], { a: [{ b: 2 }] }],
    ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    ['copies', { a: { x: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { x: 1 }, b: { x: 1 } }],
    [
      'reads ~1 and ~0',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/c~0d' },
      ],
      {},
    ],
    ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  ])('%s', (_name, target, operations, expected) => {
    const before = structuredClone(target)
    expect(jsonPatch(target, operations)).toEqual(expected)
    expect(target).toEqual(before)
  })

  test.each([
    ['a path that is not there', [{ op: 'remove', path: '/x' }]],
    ['an index outside', [{ op: 'add', path: '/a/7', value: 1 }]],
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }]],
    ['an unknown operation', [{ op: 'swap', path: '/a' }]],
    ['a prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }]],
    ['a constructor', [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }]],
  ])('refuses %s', (_name, operations) => {
    expect(() => jsonPatch({ a: [] }, operations)).toThrow()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('copies that double the object each time are refused', () => {
    const double = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
    expect(() => jsonPatch({ a: ['x'.repeat(100)] }, double)).toThrow(/copies/)
  })
})

describe('strategic merge patch', () => {
  test.each([
    [
      'merges containers by name',
      { containers: [{ name: 'a', image: '1' }, { name: 'b' }] },
      { containers: [{ name: 'a', image: '2' }] },
      { containers: [{ name: 'a', image: '2' }, { name: 'b' }] },
    ],
    [
      'deletes an item',
      { env: [{ name: 'A' }, { name: 'B' }] },
      { env: [{ name: 'A', $patch: 'delete' }] },
      { env: [{ name: 'B' }] },
    ],
    [
      'replaces a list',
      { env: [{ name: 'A' }] },
      { env: [{ $patch: 'replace' }, { name: 'B', value: '1' }] },
      { env: [{ name: 'B', value: '1' }] },
    ],
    ['replaces a map', { labels: { a: '1' } }, { labels: { $patch: 'replace', b: '2' } }, { labels: { b: '2' } }],
    ['lists without a key are replaced', { args: ['a'] }, { args: ['b'] }, { args: ['b'] }],
    ['finalizers are a set', { finalizers: ['a'] }, { finalizers: ['b', 'a'] }, { finalizers: ['a', 'b'] }],
    [
      'deletes from a set',
      { finalizers: ['a', 'b'] },
      { '$deleteFromPrimitiveList/finalizers': ['a'] },
      { finalizers: ['b'] },
    ],
    [
      'orders',
      { env: [{ name: 'A' }, { name: 'B' }] },
      { '$setElementOrder/env': [{ name: 'B' }, { name: 'A' }] },
      { env: [{ name: 'B' }, { name: 'A' }] },
    ],
    ['keeps only named keys', { s: { a: 1, b: 2 } }, { s: { $retainKeys: ['b'], b: 3 } }, { s: { b: 3 } }],
    [
      'ports of a container and of a service have their own keys',
      { spec: { ports: [{ port: 1, name: 'x' }] }, containers: [{ name: 'a', ports: [{ containerPort: 1 }] }] },
      {
        spec: { ports: [{ port: 1, name: 'y' }] },
        containers: [{ name: 'a', ports: [{ containerPort: 1, name: 'p' }] }],
      },
      {
        spec: { ports: [{ port: 1, name: 'y' }] },
        containers: [{ name: 'a', ports: [{ containerPort: 1, name: 'p' }] }],
      },
    ],
  ])('%s', (_name, target, patch, expected) => {
    expect(strategicMergePatch(target, patch)).toEqual(expected)
  })

  test('an item without its key is refused', () => {
    expect(() => strategicMergePatch({ env: [] }, { env: [{ value: '1' }] })).toThrow(/key name/)
  })
})
