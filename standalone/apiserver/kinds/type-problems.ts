/** Values of built-in kinds that are of another type than their fields: what Go's decoder would refuse to read. */
import { ApiError, type Resource } from '#api'
import { isObject } from '../request/request-body.ts'
import { builtInSchema } from './built-in-schemas.ts'
import type { ServedKind } from './served-kind.ts'
import type { Schema } from './structural.ts'

/** Throws 400 with every such field. Null counts as absent; times are read where they are used. */
export function requireTypes(kind: ServedKind, object: Resource): void {
  const schema = builtInSchema(kind)
  if (!schema) return
  const problems: string[] = []
  collect(object, schema, '', problems)
  if (problems.length === 0) return
  const subject = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`
  throw new ApiError(400, 'BadRequest', `${subject}: ${problems.join(', ')}`, { details: {} })
}

function collect(value: unknown, schema: Schema, path: string, problems: string[]): void {
  if (value === null || value === undefined || schema.type === undefined) return
  if (schema.type === 'array') {
    if (!Array.isArray(value)) problems.push(expected('array', value, path))
    else if (schema.items)
      for (const [i, item] of value.entries()) collect(item, schema.items, `${path}[${i}]`, problems)
  } else if (schema.type === 'object') {
    if (!isObject(value)) problems.push(expected('object', value, path))
    else collectFields(value, schema, path, problems)
  } else if (schema.type === 'integer' || schema.type === 'number') {
    if (typeof value !== 'number' && !JSON.isRawJSON(value)) problems.push(expected(schema.type, value, path))
  } else if (typeof value !== schema.type) problems.push(expected(schema.type, value, path))
}

function collectFields(value: object, schema: Schema, path: string, problems: string[]): void {
  const { properties = {}, additionalProperties } = schema
  for (const [key, child] of Object.entries(value)) {
    // Amounts may be written as numbers.
    if (quantities.has(key) && (typeof child === 'number' || isObject(child))) continue
    const known = Object.hasOwn(properties, key) ? properties[key] : additionalProperties
    if (typeof known === 'object') collect(child, known, path === '' ? key : `${path}.${key}`, problems)
  }
}
const quantities = new Set(['limits', 'requests', 'capacity', 'allocatable', 'overhead', 'sizeLimit', 'divisor'])

function expected(type: string, value: unknown, path: string): string {
  const got = Array.isArray(value)
    ? 'array'
    : typeof value === 'object' && !JSON.isRawJSON(value)
      ? 'object'
      : typeof value
  const isScalar = got === 'number' || got === 'boolean'
  const advice = type === 'string' && isScalar ? `; write it in quotes: "${value}"` : ''
  return `${path}: expected ${type}, got ${got}${advice}`
}
