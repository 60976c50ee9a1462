/** Fields of built-in kinds that stay as they were made: whoever acts on them has read them once. */
import { isDeepStrictEqual } from 'node:util'
import type { Resource } from '#api'
import type { Cause } from './refusal.ts'
import { isObject, type Json } from './request-body.ts'

const part = (value: unknown): Json => (isObject(value) ? value : {})

/** Changes that no update may make. */
export function immutableProblems(old: Resource, next: Resource): Cause[] {
  return rules[next.kind]?.(old, next) ?? []
}

const rules: Readonly<Record<string, (old: Resource, next: Resource) => Cause[]>> = {
  /** A suspended Job has no pods yet: queues write node selectors into its template then. */
  Job: (old, next) => {
    const [before, after] = [part(old.spec), part(next.spec)]
    const isSuspended = before.suspend === true
    return [
      ...changed(before, after, ['selector', 'completionMode']),
      ...(isSuspended ? [] : changed(before, after, ['template'])),
      ...(before.completionMode === 'Indexed' ? [] : changed(before, after, ['completions'])),
    ]
  },
  ConfigMap: (old, next) => (old.immutable === true ? frozen(old, next, ['data', 'binaryData', 'immutable']) : []),
  Secret: (old, next) => [
    ...frozen(old, next, ['type']),
    ...(old.immutable === true ? frozen(old, next, ['data', 'immutable']) : []),
  ],
}

const changed = (before: Json, after: Json, fields: readonly string[]) =>
  fields.filter(field => !isDeepStrictEqual(before[field], after[field])).map(field => refusal(`spec.${field}`))

const frozen = (old: Resource, next: Resource, fields: readonly string[]) =>
  fields.filter(field => !isDeepStrictEqual(old[field], next[field])).map(refusal)

const refusal = (field: string): Cause => ({ field, message: 'Invalid value: field is immutable' })
