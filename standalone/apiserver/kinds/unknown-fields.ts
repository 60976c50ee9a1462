/** Fields that a kind does not have: dropped, and told to the client as loudly as it asked for. */
import type { Resource } from '#api'
import { ApiError } from '#api'
import { builtInSchema } from './built-in-schemas.ts'
import { apiVersionOf, type ServedKind } from './served-kind.ts'
import { pruned, type Schema, withDefaults } from './structural.ts'

/** `Strict`: refuse. `Warn`: a Warning header a field. `Ignore`: say nothing. */
export type Validation = 'Strict' | 'Warn' | 'Ignore'

/**
 * The object without unknown fields and, of custom kinds, with its schema's defaults. Built-in kinds are only read
 * against their schemas where the client asked to be told.
 */
export function knownFields(
  kind: ServedKind,
  object: Resource,
  { validation, warnings }: { validation: Validation; warnings: string[] },
): Resource {
  const schema = kind.isCustom
    ? (kind.schema as Schema | undefined)
    : validation === 'Ignore'
      ? undefined
      : builtInSchema(kind)
  if (!schema) return object
  const unknown: string[] = []
  const known = pruned(object, schema, '', path => unknown.push(path)) as Resource
  if (unknown.length > 0 && validation === 'Strict') {
    const problems = unknown.map(path => `unknown field "${path}"`).join(', ')
    const subject = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`
    throw new ApiError(400, 'BadRequest', `${subject}: strict decoding error: ${problems}`, {
      details: { group: kind.group, kind: apiVersionOf(kind) },
    })
  }
  if (validation === 'Warn') for (const path of unknown) warnings.push(`unknown field "${path}"`)
  return kind.isCustom ? (withDefaults(known, schema) as Resource) : unknown.length > 0 ? known : object
}
