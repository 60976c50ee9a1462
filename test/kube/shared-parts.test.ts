import { describe, expect, test } from 'vitest'
import { freezeJson } from '#api'
// A part of the caches that no door shows: sharing is seen by identity alone.
import { shareParts } from '../../kube/shared-parts.ts'

const first = () => ({ name: 'a', labels: { app: 'x' }, steps: [{ run: 'train' }, { run: 'report' }], note: null })

describe('shared parts', () => {
  test('what is equal is the same afterwards, and what is not stays as it was', () => {
    const known = first()
    const value = { ...first(), name: 'b', steps: [{ run: 'train' }, { run: 'stop' }] }
    const said = structuredClone(value)
    const shared = shareParts(value, known)
    expect(shared).toBe(value)
    expect(shared).toEqual(said)
    expect(shared.labels).toBe(known.labels)
    expect(shared.steps[0]).toBe(known.steps[0])
    expect(shared.steps[1]).not.toBe(known.steps[1])
    expect(known).toEqual(first())
  })

  test('a whole that is equal is the known one', () => {
    const known = first()
    expect(shareParts(first(), known)).toBe(known)
  })

  test.each([
    { name: 'a key less', value: { a: 1 }, known: { a: 1, b: 2 } },
    { name: 'a key more', value: { a: 1, b: 2 }, known: { a: 1 } },
    { name: 'another key', value: { a: 1, b: undefined }, known: { a: 1, c: undefined } },
    { name: 'a list and an object', value: { a: [] }, known: { a: {} } },
    { name: 'a shorter list', value: { a: [1] }, known: { a: [1, 2] } },
    { name: 'null and an object', value: { a: null }, known: { a: {} } },
    { name: 'a number and its text', value: { a: 1 }, known: { a: '1' } },
    { name: 'nothing known', value: { a: 1 }, known: undefined },
  ])('$name: it is no other than it was', ({ value, known }) => {
    const said = structuredClone(value)
    const shared = shareParts(value, known)
    expect(shared).toBe(value)
    expect(shared).toEqual(said)
  })

  test('what is frozen is left alone', () => {
    const value = freezeJson({ name: 'b', labels: { app: 'x' } })
    const known = first()
    const shared = shareParts(value, known)
    expect(shared).toBe(value)
    expect(shared.labels).not.toBe(known.labels)
  })
})
