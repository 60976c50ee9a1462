/** All kinds that are served at this moment: those the server is born with and those of its CustomResourceDefinitions. */
import type { Resource, StructuralSchema } from '#api'
import { nameColumn, plainColumns } from '../table/built-in-columns.ts'
import { ageOf } from '../table/human-duration.ts'
import { jsonPath } from '../table/json-path.ts'
import { builtInKinds } from './built-in-kinds.ts'
import type { Column, ServedKind } from './served-kind.ts'

/** Holds a definition until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

export class ServedKinds {
  readonly #byPath = new Map<string, ServedKind>()
  readonly #byKind = new Map<string, ServedKind>()
  /** Rises with every change; discovery documents are made again when it does. */
  generation = 0

  constructor() {
    for (const kind of builtInKinds) this.#add(kind)
  }

  /** In a stable order: core first, then as they came. */
  all(): readonly ServedKind[] {
    return [...this.#byPath.values()]
  }

  at(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`)
  }

  of(apiVersion: string, kind: string): ServedKind | undefined {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    return this.#byKind.get(`${group}/${version}/${kind}`)
  }

  /** Serves what a definition defines, from now on. */
  define(definition: Resource): void {
    this.undefine(definition)
    for (const kind of kindsOf(definition)) this.#add(kind)
  }

  undefine(definition: Resource): void {
    const { group, names } = (definition as unknown as Definition).spec
    for (const [path, kind] of this.#byPath) {
      if (!kind.isCustom || kind.group !== group || kind.plural !== names.plural) continue
      this.#byPath.delete(path)
      this.#byKind.delete(`${kind.group}/${kind.version}/${kind.kind}`)
      this.generation += 1
    }
  }

  #add(kind: ServedKind): void {
    this.#byPath.set(`${kind.group}/${kind.version}/${kind.plural}`, kind)
    this.#byKind.set(`${kind.group}/${kind.version}/${kind.kind}`, kind)
    this.generation += 1
  }
}

interface Definition {
  readonly spec: {
    readonly group: string
    readonly scope: 'Namespaced' | 'Cluster'
    readonly names: {
      readonly kind: string
      readonly listKind?: string
      readonly plural: string
      readonly singular?: string
      readonly shortNames?: readonly string[]
      readonly categories?: readonly string[]
    }
    readonly versions: readonly {
      readonly name: string
      readonly served: boolean
      readonly schema?: { readonly openAPIV3Schema?: StructuralSchema }
      readonly subresources?: { readonly status?: object }
      readonly additionalPrinterColumns?: readonly PrinterColumn[]
      readonly selectableFields?: readonly { readonly jsonPath: string }[]
    }[]
  }
}

interface PrinterColumn {
  readonly name: string
  readonly type: Column['type']
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

/** A kind for each served version of a definition. Versions are stored as they come: there is no conversion. */
export function kindsOf(definition: Resource): ServedKind[] {
  // The definition passed `definitionProblems` when it was written.
  const { group, scope, names, versions } = (definition as unknown as Definition).spec
  return versions
    .filter(version => version.served)
    .map(version => ({
      group,
      version: version.name,
      kind: names.kind,
      listKind: names.listKind ?? `${names.kind}List`,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      namespaced: scope === 'Namespaced',
      subresources: version.subresources?.status ? ['status'] : [],
      hasGeneration: true,
      isCustom: true,
      schema: version.schema?.openAPIV3Schema,
      selectableFields: version.selectableFields?.map(({ jsonPath: path }) => path.replace(/^\./, '')),
      columns: version.additionalPrinterColumns?.length
        ? [nameColumn, ...version.additionalPrinterColumns.map(columnOf)]
        : plainColumns,
    }))
}

function columnOf({ name, type, format, description, priority = 0, jsonPath: path }: PrinterColumn): Column {
  const read = jsonPath(path)
  const cell: Column['cell'] = (object, now) => {
    const values = read(object)
    const value = values[0]
    if (type === 'date') return ageOf(value, now)
    if (value === undefined || value === null) return null
    if (type !== 'string') return value
    return typeof value === 'object' ? JSON.stringify(values.length > 1 ? values : value) : String(value)
  }
  return { name, type, format, description, priority, cell }
}

/** Why a definition cannot be served, as causes; an empty list when it can. */
export function definitionProblems(definition: Resource): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = []
  const { group, scope, names, versions } = (definition.spec ?? {}) as Partial<Definition['spec']>
  if (typeof group !== 'string' || group === '') problems.push({ field: 'spec.group', message: 'Required value' })
  if (scope !== 'Namespaced' && scope !== 'Cluster')
    problems.push({ field: 'spec.scope', message: 'Unsupported value: expected Namespaced or Cluster' })
  if (!names?.kind) problems.push({ field: 'spec.names.kind', message: 'Required value' })
  if (!names?.plural) problems.push({ field: 'spec.names.plural', message: 'Required value' })
  if (!Array.isArray(versions) || versions.length === 0)
    problems.push({ field: 'spec.versions', message: 'Required value: at least one version' })
  if (problems.length > 0) return problems
  if (definition.metadata.name !== `${names?.plural}.${group}`)
    problems.push({ field: 'metadata.name', message: `Invalid value: must be spec.names.plural+"."+spec.group` })
  for (const [i, version] of (versions ?? []).entries()) {
    if (!version.schema?.openAPIV3Schema)
      problems.push({
        field: `spec.versions[${i}].schema.openAPIV3Schema`,
        message: 'Required value: schemas are required',
      })
    for (const [j, column] of (version.additionalPrinterColumns ?? []).entries()) {
      try {
        jsonPath(column.jsonPath)
      } catch (error) {
        const field = `spec.versions[${i}].additionalPrinterColumns[${j}].jsonPath`
        problems.push({ field, message: `Invalid value: ${(error as Error).message}` })
      }
    }
  }
  return problems
}
