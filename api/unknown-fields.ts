/** Fields of an Experiment that nothing reads: kept as Katib's CRD keeps them, and mostly a slip of the pen. */
import type { SpecProblem } from './error.ts'
import { ExperimentSpec } from './experiment.ts'
import { didYouMean } from './nearest.ts'
import { shown } from './parse.ts'
import { type StructuralSchema, structuralSchema } from './structural-schema.ts'

/** One entry a field, by its path; warnings, since the object is admitted all the same. */
export function unknownFields(spec: unknown): readonly SpecProblem[] {
  known ??= structuralSchema(ExperimentSpec)
  return unread(spec, known, 'spec')
}

let known: StructuralSchema | undefined

function unread(value: unknown, schema: StructuralSchema, path: string): readonly SpecProblem[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.flatMap((item, i) => unread(item, items, `${path}[${i}]`)) : []
  }
  const { properties } = schema
  if (typeof value !== 'object' || value === null || !properties) return []
  return Object.entries(value).flatMap(([field, item]) => {
    const own = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (own) return unread(item, own, `${path}.${field}`)
    const names = Object.keys(properties)
    const hint = didYouMean(field, names) || `; known are ${names.join(', ')}`
    return [
      { path: `${path}.${field}`, reason: 'NotSupported', message: `nothing reads the field ${shown(field)}${hint}` },
    ]
  })
}
