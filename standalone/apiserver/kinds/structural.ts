/** Structural schemas of CustomResourceDefinitions: what an object breaks, which fields are unknown, what is filled in. */
import type { Resource, StructuralSchema } from '#api'
import type { Cause } from '../request/refusal.ts'
import { isObject, type Json } from '../request/request-body.ts'

/** A definition's schema may say more than the ones made from our own types do. */
export interface Schema extends Omit<StructuralSchema, 'properties' | 'items' | 'additionalProperties'> {
  readonly default?: unknown
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
}

/** All violations. `only`: judge these top-level fields alone. */
export function schemaProblems(object: Resource, schema: Schema | undefined, only?: readonly string[]): Cause[] {
  if (!schema) return []
  const causes: Cause[] = []
  const wanted =
    only ?? Object.keys(schema.properties ?? {}).filter(key => !['apiVersion', 'kind', 'metadata'].includes(key))
  for (const key of wanted) {
    const child = schema.properties?.[key]
    if (child && Object.hasOwn(object, key)) violations(object[key], child, key, causes)
  }
  if (!only) requirements(object, schema, '', causes)
  return causes
}

/** The object with the defaults of its schema. Null where the schema allows none counts as absent, as on a real server. */
export function withDefaults(value: unknown, schema: Schema | undefined): unknown {
  if (!schema) return value
  if (Array.isArray(value)) return schema.items ? value.map(item => withDefaults(item, schema.items)) : value
  if (!isObject(value)) return value
  const result: Json = { ...value }
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(result, key) && result[key] === null && !child.nullable && child.default !== undefined)
      delete result[key]
    if (!Object.hasOwn(result, key) && child.default !== undefined) result[key] = child.default
    if (Object.hasOwn(result, key)) result[key] = withDefaults(result[key], child)
  }
  if (isSchema(schema.additionalProperties))
    for (const key of Object.keys(result)) result[key] = withDefaults(result[key], schema.additionalProperties)
  return result
}

/** The object without the fields its schema does not know; each is reported by its path. */
export function pruned(
  value: unknown,
  schema: Schema | undefined,
  path: string,
  report: (path: string) => void,
): unknown {
  if (!schema) return value
  if (Array.isArray(value))
    return schema.items ? value.map((item, i) => pruned(item, schema.items, `${path}[${i}]`, report)) : value
  if (!isObject(value)) return value
  const { properties = {}, additionalProperties } = schema
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true
  const result: Json = {}
  for (const [key, child] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    if (isIdentity(key, path)) result[key] = child
    else if (Object.hasOwn(properties, key)) result[key] = pruned(child, properties[key], at, report)
    else if (isSchema(additionalProperties)) result[key] = pruned(child, additionalProperties, at, report)
    else {
      // A kept field may still be a mistake to whoever asked for strict reading: only an open schema says nothing of it.
      if (!keepsUnknown) report(at)
      if (keepsUnknown) result[key] = child
    }
  }
  return result
}

function violations(value: unknown, schema: Schema, path: string, causes: Cause[]): void {
  if (value === null) {
    if (!schema.nullable && schema.type) causes.push(wrongType(value, schema.type, path))
    return
  }
  if (schema['x-kubernetes-int-or-string']) {
    if (typeof value !== 'string' && !isInteger(value)) causes.push(wrongType(value, 'integer or string', path))
    return
  }
  if (schema.type && !hasType(value, schema.type)) {
    causes.push(wrongType(value, schema.type, path))
    return
  }
  if (schema.enum && !schema.enum.some(one => one === value))
    causes.push({
      field: path,
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${schema.enum.map(one => JSON.stringify(one)).join(', ')}`,
      reason: 'FieldValueNotSupported',
    })
  if (typeof value === 'number') range(value, schema, path, causes)
  if (typeof value === 'string') textRules(value, schema, path, causes)
  if (Array.isArray(value)) {
    count(value.length, schema.minItems, schema.maxItems, 'items', path, causes)
    if (schema.items) for (const [i, item] of value.entries()) violations(item, schema.items, `${path}[${i}]`, causes)
  } else if (isObject(value)) {
    requirements(value, schema, `${path}.`, causes)
    for (const [key, child] of Object.entries(value)) {
      const known = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : schema.additionalProperties
      if (isSchema(known)) violations(child, known, `${path}.${key}`, causes)
    }
  }
}

function requirements(value: object, schema: Schema, prefix: string, causes: Cause[]): void {
  for (const key of schema.required ?? [])
    if (!Object.hasOwn(value, key))
      causes.push({ field: `${prefix}${key}`, message: 'Required value', reason: 'FieldValueRequired' })
}

function range(value: number, schema: Schema, path: string, causes: Cause[]): void {
  const { minimum, maximum } = schema
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
    causes.push({ field: path, message: `Invalid value: ${value}: should be greater than or equal to ${minimum}` })
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
    causes.push({ field: path, message: `Invalid value: ${value}: should be less than or equal to ${maximum}` })
}

function textRules(value: string, schema: Schema, path: string, causes: Cause[]): void {
  count(value.length, schema.minLength, schema.maxLength, 'characters', path, causes)
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    causes.push({ field: path, message: `Invalid value: ${JSON.stringify(value)}: should match '${schema.pattern}'` })
}

function count(
  length: number,
  min: number | undefined,
  max: number | undefined,
  unit: string,
  path: string,
  causes: Cause[],
): void {
  if (min !== undefined && length < min)
    causes.push({ field: path, message: `Invalid value: should have at least ${min} ${unit}` })
  if (max !== undefined && length > max)
    causes.push({
      field: path,
      message: `Too many: ${length}: must have at most ${max} ${unit}`,
      reason: 'FieldValueTooMany',
    })
}

const wrongType = (value: unknown, type: string, field: string): Cause => ({
  field,
  message: `Invalid value: ${JSON.stringify(typeName(value))}: ${field} must be of type ${type}: ${JSON.stringify(typeName(value))}`,
  reason: 'FieldValueTypeInvalid',
})

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (isInteger(value)) return 'integer'
  return typeof value
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return isInteger(value)
  if (type === 'number') return typeof value === 'number' || JSON.isRawJSON(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  return typeof value === type
}

const isInteger = (value: unknown) => Number.isInteger(value) || JSON.isRawJSON(value)
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null
/** What every object has, at its root and in embedded objects. */
const isIdentity = (key: string, path: string) =>
  path === '' && (key === 'apiVersion' || key === 'kind' || key === 'metadata')
