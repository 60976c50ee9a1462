/** How the fields of a kind merge: which lists are maps or sets, which maps are atomic. */
import { isDeepStrictEqual } from 'node:util'
import type { ServedKind } from '../kinds/served-kind.ts'
import type { Schema } from '../kinds/structural.ts'
import { isObject, type Json } from '../request/request-body.ts'
import { emptySet, type FieldSet } from './field-set.ts'
import { mergeKey, primitiveSets } from './merge-keys.ts'

/** A place in an object of a kind. */
export interface Typing {
  field(name: string): Typing
  readonly item: Typing
  /** Keys of a list that is a map; `set`; atomic lists are replaced whole. */
  readonly list: readonly string[] | 'set' | 'atomic'
  readonly isAtomicMap: boolean
}

/** The root of a kind. Metadata is typed alike for all. */
export function typingOf(kind: ServedKind): Typing {
  const builtIn = builtInTyping('', '')
  if (!kind.isCustom) return builtIn
  const custom = schemaTyping(kind.schema as Schema | undefined)
  return { ...custom, field: name => (name === 'metadata' ? builtIn.field(name) : custom.field(name)) }
}

function builtInTyping(name: string, parent: string): Typing {
  const key = mergeKey(name, parent)
  return {
    field: child => builtInTyping(child, name),
    get item() {
      return builtInTyping('', '')
    },
    list: key !== undefined ? [key] : primitiveSets.has(name) ? 'set' : 'atomic',
    isAtomicMap: name === 'selector',
  }
}

function schemaTyping(schema: Schema | undefined): Typing {
  const { properties = {}, additionalProperties } = schema ?? {}
  const type = schema?.['x-kubernetes-list-type']
  return {
    field: name =>
      schemaTyping(
        Object.hasOwn(properties, name)
          ? properties[name]
          : typeof additionalProperties === 'object'
            ? additionalProperties
            : undefined,
      ),
    get item() {
      return schemaTyping(schema?.items)
    },
    list: type === 'map' ? (schema?.['x-kubernetes-list-map-keys'] ?? []) : type === 'set' ? 'set' : 'atomic',
    isAtomicMap: schema?.['x-kubernetes-map-type'] === 'atomic',
  }
}

/** Children of a value by their steps; undefined: it is a leaf, atomic or scalar. */
function childrenOf(value: unknown, typing: Typing): Map<string, { value: unknown; typing: Typing }> | undefined {
  if (isObject(value)) {
    if (typing.isAtomicMap || Object.keys(value).length === 0) return undefined
    return new Map(
      Object.entries(value).map(([name, child]) => [`f:${name}`, { value: child, typing: typing.field(name) }]),
    )
  }
  if (!Array.isArray(value) || typing.list === 'atomic' || value.length === 0) return undefined
  return new Map(value.map(item => [itemStep(item, typing.list), { value: item, typing: typing.item }]))
}

function itemStep(item: unknown, list: Typing['list']): string {
  if (!Array.isArray(list) || !isObject(item)) return `v:${JSON.stringify(item)}`
  return `k:${JSON.stringify(Object.fromEntries(list.map(key => [key, item[key]])))}`
}

/** Every field that a value has. */
export function fieldsOf(value: unknown, typing: Typing): FieldSet {
  const children = childrenOf(value, typing)
  if (!children) return emptySet
  const result: Record<string, FieldSet> = {}
  for (const [step, child] of children) result[step] = memberOf(step, child)
  return result
}

function memberOf(step: string, child: { value: unknown; typing: Typing }): FieldSet {
  const fields = fieldsOf(child.value, child.typing)
  return step.startsWith('k:') ? { '.': emptySet, ...fields } : fields
}

/** Fields of `value` that `other` lacks or has with another value. */
export function fieldsUnlike(value: unknown, other: unknown, typing: Typing): FieldSet {
  const children = childrenOf(value, typing)
  const others = childrenOf(other, typing)
  if (!children) return emptySet
  const result: Record<string, FieldSet> = {}
  for (const [step, child] of children) {
    const twin = others?.get(step)
    if (!twin) result[step] = memberOf(step, child)
    else if (!isDeepStrictEqual(child.value, twin.value)) {
      const inner = childrenOf(child.value, child.typing)
      const unlike = fieldsUnlike(child.value, twin.value, child.typing)
      if (!inner || Object.keys(unlike).length > 0) result[step] = unlike
    }
  }
  return result
}

/** `live` with everything of `applied`. */
export function mergeApplied(live: unknown, applied: unknown, typing: Typing): unknown {
  if (isObject(applied) && isObject(live) && !typing.isAtomicMap) {
    const result: Json = { ...live }
    for (const [name, value] of Object.entries(applied))
      result[name] = mergeApplied(Object.hasOwn(live, name) ? live[name] : undefined, value, typing.field(name))
    return result
  }
  if (!Array.isArray(applied) || !Array.isArray(live) || typing.list === 'atomic') return applied
  const result = [...live]
  for (const item of applied) {
    const step = itemStep(item, typing.list)
    const at = result.findIndex(one => itemStep(one, typing.list) === step)
    if (at < 0) result.push(item)
    else result[at] = mergeApplied(result[at], item, typing.item)
  }
  return result
}

/** `value` without the fields of `set`; what becomes empty by it goes too. */
export function withoutFields(value: unknown, set: FieldSet, typing: Typing): unknown {
  if (isObject(value)) {
    const result: Json = {}
    for (const [name, child] of Object.entries(value)) {
      const step = `f:${name}`
      if (!Object.hasOwn(set, step)) result[name] = child
      else if (Object.keys(set[step]).length > 0) {
        const rest = withoutFields(child, set[step], typing.field(name))
        if (!isHollow(rest)) result[name] = rest
      }
    }
    return result
  }
  if (!Array.isArray(value)) return value
  return value.flatMap(item => {
    const step = itemStep(item, typing.list)
    if (!Object.hasOwn(set, step)) return [item]
    if (Object.hasOwn(set[step], '.') || Object.keys(set[step]).length === 0) return []
    return [withoutFields(item, set[step], typing.item)]
  })
}

const isHollow = (value: unknown) =>
  (isObject(value) && Object.keys(value).length === 0) || (Array.isArray(value) && value.length === 0)
