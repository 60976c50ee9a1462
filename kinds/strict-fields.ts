/** Unknown and wrongly typed fields, found against a table of fields: what a strict decoder would refuse. */
import { didYouMean, shown } from '#api'
import { isObject } from './gjson-modifiers.ts'
import type { TemplateProblem } from './kind.ts'

/**
 * What a field holds. Text of a field that is no text is written as a leaf name; an object lists its fields, a list
 * its one kind of item; `mapOf` has keys of the user's own; `any` is not looked into.
 */
export type FieldType =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'quantity'
  | 'integer or string'
  | 'any'
  | readonly [FieldType]
  | { readonly mapOf: FieldType }
  | Fields
export interface Fields {
  readonly [name: string]: FieldType
}

/** Every field of `value` that the table does not know or that holds another type. A null counts as absent. */
export function strictProblems(value: unknown, type: FieldType, path = ''): readonly TemplateProblem[] {
  if (value === undefined || value === null || type === 'any') return []
  if (typeof type === 'string') return isOfType(value, type) ? [] : [wrongType(path, type, value)]
  if (isListType(type)) {
    if (!Array.isArray(value)) return [wrongType(path, 'list', value)]
    return value.flatMap((item, i) => strictProblems(item, type[0], `${path}[${i}]`))
  }
  if (!isObject(value)) return [wrongType(path, 'object', value)]
  const item = mapItem(type)
  return Object.entries(value).flatMap(([name, field]) => {
    const fieldPath = path === '' ? name : `${path}.${name}`
    if (item !== undefined) return strictProblems(field, item, fieldPath)
    const fields = type as Fields
    if (!Object.hasOwn(fields, name)) return [unknownField(fieldPath, name, Object.keys(fields))]
    return strictProblems(field, fields[name], fieldPath)
  })
}

function isListType(type: FieldType): type is readonly [FieldType] {
  return Array.isArray(type)
}

function mapItem(type: Exclude<FieldType, string>): FieldType | undefined {
  return 'mapOf' in type ? (type.mapOf as FieldType) : undefined
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'string') return typeof value === 'string'
  if (type === 'boolean') return typeof value === 'boolean'
  const isInteger = Number.isInteger(value) || (JSON.isRawJSON(value) && /^-?\d+$/.test(value.rawJSON))
  if (type === 'integer') return isInteger
  if (type === 'integer or string') return isInteger || typeof value === 'string'
  return typeof value === 'number' || JSON.isRawJSON(value) || (typeof value === 'string' && quantity.test(value))
}

/** A Kubernetes quantity, or text that only the trial's values complete. */
const quantity = /^[+-]?(\d+\.?\d*|\.\d+)(m|k|[MGTPE]|[KMGTPE]i|n|u|[eE][+-]?\d+)?$|\$\{/

function wrongType(path: string, type: string, value: unknown): TemplateProblem {
  const article = /^[aeio]/.test(type) ? 'an' : 'a'
  const hint = type === 'string' && isPlain(value) ? '; put it in quotes' : ''
  return { path, message: `expected ${article} ${type}, got ${shown(value)}${hint}` }
}

function unknownField(path: string, name: string, known: readonly string[]): TemplateProblem {
  const advice = didYouMean(name, known) || '; remove it'
  return { path, message: `expected a known field, got ${JSON.stringify(name)}${advice}` }
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || JSON.isRawJSON(value)
}
