/** Types of the fields of built-in kinds, read from a generated file when first needed. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ServedKind } from './served-kind.ts'
import type { Schema } from './structural.ts'

/** Definitions by name; `$ref` is the name of another one. */
export interface BuiltInSchemas {
  /** Kind (`Pod`) to the name of its definition. */
  readonly kinds: Readonly<Record<string, string>>
  readonly definitions: Readonly<Record<string, BuiltInDefinition>>
}

export type BuiltInDefinition = Schema & {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, BuiltInDefinition>>
}

let loaded: BuiltInSchemas | undefined

export function builtInSchemas(): BuiltInSchemas {
  loaded ??= JSON.parse(
    readFileSync(fileURLToPath(new URL('./built-in-schemas.json', import.meta.url)), 'utf8'),
  ) as BuiltInSchemas
  return loaded
}

const resolved = new Map<string, Schema>()

/** The whole schema of a built-in kind, references resolved; undefined for kinds that are kept as they come. */
export function builtInSchema(kind: Pick<ServedKind, 'kind' | 'isCustom'>): Schema | undefined {
  const name = kind.isCustom ? undefined : builtInSchemas().kinds[kind.kind]
  if (name === undefined) return undefined
  let schema = resolved.get(name)
  if (!schema) {
    schema = resolve({ $ref: name }, new Set())
    resolved.set(name, schema)
  }
  return schema
}

/** Definitions that contain themselves (JSON schemas in CustomResourceDefinitions) stay open at the second visit. */
function resolve(schema: BuiltInDefinition, visited: ReadonlySet<string>): Schema {
  const { $ref, ...rest } = schema
  if ($ref !== undefined) {
    const definition = builtInSchemas().definitions[$ref]
    if (!definition || visited.has($ref)) return { 'x-kubernetes-preserve-unknown-fields': true }
    return resolve(definition, new Set([...visited, $ref]))
  }
  const { properties, items, additionalProperties } = rest
  return {
    ...rest,
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, child]) => [key, resolve(child, visited)]),
          ),
        }
      : {}),
    ...(items ? { items: resolve(items as BuiltInDefinition, visited) } : {}),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: resolve(additionalProperties, visited) }
      : {}),
  }
}
