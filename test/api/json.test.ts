import { describe, expect, test } from 'vitest'
import { freezeJson, parseJson, parseStoredJson, plainJson } from '#api'

const evil = '{"data":{"__proto__":{"x":1},"\\u005f_proto__":2,"a":"__proto__"}}'

describe('JSON', () => {
  test('a key that would reach a prototype is refused from a user, and left out of what a server stores', () => {
    expect(() => parseJson(evil)).toThrow('the key "__proto__" is not allowed')
    expect(parseStoredJson(evil)).toEqual({ data: { a: '__proto__' } })
    expect(JSON.stringify(plainJson(JSON.parse(evil), 9))).toBe('{"data":{"a":"__proto__"}}')
  })

  test('the key is known with any of its letters escaped', () => {
    for (let i = 0; i < '__proto__'.length; i++) {
      const letter = '__proto__'.charCodeAt(i).toString(16).padStart(4, '0')
      for (const escaped of [letter, letter.toUpperCase()]) {
        const key = `${'__proto__'.slice(0, i)}\\u${escaped}${'__proto__'.slice(i + 1)}`
        expect(parseStoredJson(`{"a":{"${key}":1}}`)).toStrictEqual({ a: {} })
      }
    }
  })

  test('a plain copy is what a receiver would parse', () => {
    const raw = parseJson('12345678901234567890')
    const value = { a: undefined, b: [undefined, Number.NaN, () => 1], c: new Date(0), d: raw, e: { f: null } }
    expect(JSON.stringify(plainJson(value, 9))).toBe(JSON.stringify(value))
    expect(plainJson({ a: undefined }, 9)).toStrictEqual({})
  })

  test('a cycle and what is nested too deep are refused', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(() => plainJson(cycle, 64)).toThrow(RangeError)
    expect(() => plainJson({ a: { b: {} } }, 2)).toThrow(RangeError)
    expect(plainJson({ a: { b: {} } }, 3)).toEqual({ a: { b: {} } })
  })

  test('frozen parts are shared', () => {
    const shared = freezeJson({ a: [{ b: 1 }] })
    expect(Object.isFrozen(shared.a[0])).toBe(true)
    expect((plainJson({ x: shared }, 9) as { x: unknown }).x).toBe(shared)
  })
})
