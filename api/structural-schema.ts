/** From a zod schema to what a CustomResourceDefinition admits: a structural OpenAPI v3 schema. */
import { z } from 'zod'

/** A node of an OpenAPI v3 schema, in the subset that is structural. */
export interface StructuralSchema {
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly nullable?: true
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly required?: readonly string[]
  readonly items?: StructuralSchema
  readonly additionalProperties?: StructuralSchema
  readonly 'x-kubernetes-preserve-unknown-fields'?: true
  readonly 'x-kubernetes-int-or-string'?: true
}

/** What zod makes, as far as it is read here. */
interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly nullable?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
}

/**
 * Loose objects keep unknown fields. Defaults stay out: filling in is admission's, in Katib's order. Bounds that are
 * those of the integer type itself become its format. Throws on a schema that has no structural form (a union other
 * than of integer and text).
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return convert(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' }) as JsonSchema, '')
}

function convert(schema: JsonSchema, path: string): StructuralSchema {
  const description = schema.description === undefined ? {} : { description: schema.description }
  if (schema.anyOf) {
    const types = schema.anyOf.map(one => one.type).sort()
    if (types.join() !== 'integer,string')
      throw new Error(`${path}: a union of ${types.join(' and ')} is not structural`)
    return { ...description, 'x-kubernetes-int-or-string': true }
  }
  if (schema.type === undefined) return { ...description, 'x-kubernetes-preserve-unknown-fields': true }
  const shape = schema.type === 'object' ? objectShape(schema, path) : {}
  return {
    type: schema.type,
    ...description,
    ...(schema.nullable ? { nullable: true } : {}),
    ...(schema.enum ? { enum: schema.enum } : {}),
    ...(schema.type === 'integer' ? integerRange(schema) : {}),
    ...(schema.items ? { items: convert(schema.items, `${path}[]`) } : {}),
    ...shape,
  }
}

function objectShape(schema: JsonSchema, path: string): Partial<StructuralSchema> {
  const { properties, required = [], additionalProperties } = schema
  const isMap = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
  if (isMap && !properties) return { additionalProperties: convert(additionalProperties, `${path}.*`) }
  const entries = Object.entries(properties ?? {}).map(([key, value]) => [key, convert(value, `${path}.${key}`)])
  return {
    ...(entries.length > 0 ? { properties: Object.fromEntries(entries) } : {}),
    ...(required.length > 0 ? { required } : {}),
    ...(additionalProperties === undefined ? {} : { 'x-kubernetes-preserve-unknown-fields': true }),
  }
}

function integerRange({ minimum, maximum }: JsonSchema): Partial<StructuralSchema> {
  if (minimum === -(2 ** 31) && maximum === 2 ** 31 - 1) return { format: 'int32' }
  const bounds = {
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  }
  return { format: 'int64', ...bounds }
}
