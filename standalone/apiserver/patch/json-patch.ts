/** JSON patch (RFC 6902). */
import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '#api'
import { badRequest } from '../request/refusal.ts'
import { isObject, type Json } from '../request/request-body.ts'

const MAX_OPERATIONS = 10_000
/** Characters that copies of one patch may add in all: copying what was copied doubles the object each time. */
const MAX_COPIED = 1_000_000

/** A value that shares what is unchanged with `target`, which stays as it is. Throws `ApiError` 400 or, for a failed test, 422. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest('a JSON patch is a list of operations')
  if (operations.length > MAX_OPERATIONS) throw badRequest(`a JSON patch has at most ${MAX_OPERATIONS} operations`)
  let copied = 0
  let result = target
  for (const operation of operations) {
    if (!isObject(operation) || typeof operation.path !== 'string') throw badRequest('an operation needs op and path')
    const { op, value } = operation
    const path = steps(operation.path)
    if (op === 'copy') {
      copied += JSON.stringify(read(result, steps(String(operation.from))) ?? null).length
      if (copied > MAX_COPIED) throw badRequest(`the copies of a JSON patch may have ${MAX_COPIED} characters in all`)
    }
    result = applied(result, { op, path, value, from: operation.from, text: operation.path })
  }
  return result
}

interface Operation {
  readonly op: unknown
  readonly path: readonly string[]
  readonly value: unknown
  readonly from: unknown
  readonly text: string
}

function applied(target: unknown, { op, path, value, from, text }: Operation): unknown {
  switch (op) {
    case 'add':
      return added(target, path, value)
    case 'remove':
      return removed(target, path)
    case 'replace':
      return path.length === 0 ? value : added(removed(target, path), path, value)
    case 'copy':
      return added(target, path, read(target, steps(String(from))))
    case 'move': {
      const source = steps(String(from))
      return added(removed(target, source), path, read(target, source))
    }
    case 'test':
      if (isDeepStrictEqual(readOrUndefined(target, path), value)) return target
      throw new ApiError(
        422,
        'Invalid',
        `the server rejected our request due to an error in our request: testing value ${text} failed`,
      )
    default:
      throw badRequest(`unknown operation ${JSON.stringify(op)}: expected add, remove, replace, move, copy or test`)
  }
}

function steps(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw badRequest(`JSON pointer ${JSON.stringify(pointer)} must begin with "/"`)
  return pointer
    .slice(1)
    .split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function added(target: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value
  const [step, ...rest] = path
  if (Array.isArray(target)) {
    if (rest.length > 0)
      return target.with(
        index(target, step, target.length - 1),
        added(target[index(target, step, target.length - 1)], rest, value),
      )
    const at = step === '-' ? target.length : index(target, step, target.length)
    return target.toSpliced(at, 0, value)
  }
  if (!isObject(target)) throw missing(step)
  if (rest.length === 0) return withKey(target, step, value)
  if (!Object.hasOwn(target, step)) throw missing(step)
  return withKey(target, step, added(target[step], rest, value))
}

function removed(target: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return null
  const [step, ...rest] = path
  if (Array.isArray(target)) {
    const at = index(target, step, target.length - 1)
    return rest.length > 0 ? target.with(at, removed(target[at], rest)) : target.toSpliced(at, 1)
  }
  if (!isObject(target) || !Object.hasOwn(target, step)) throw missing(step)
  if (rest.length > 0) return withKey(target, step, removed(target[step], rest))
  const { [step]: _gone, ...others } = target
  return others
}

function read(target: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return at[index(at, step, at.length - 1)]
    if (!isObject(at) || !Object.hasOwn(at, step)) throw missing(step)
    return at[step]
  }, target)
}

function readOrUndefined(target: unknown, path: readonly string[]): unknown {
  try {
    return read(target, path)
  } catch {
    // A test of what is absent is a failed test, not a malformed patch.
    return undefined
  }
}

function index(list: readonly unknown[], step: string, last: number): number {
  const at = /^(0|[1-9]\d*)$/.test(step) ? Number(step) : Number.NaN
  if (!(at <= last)) throw badRequest(`index ${JSON.stringify(step)} is outside of a list of ${list.length}`)
  return at
}

/** Defines the key as the object's own, whatever its name. */
const withKey = (object: Json, key: string, value: unknown): Json => ({ ...object, [key]: value })
const missing = (step: string) =>
  new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: missing path: ${step}`)
