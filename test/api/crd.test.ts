/** Definitions: structural, as Katib's to clients, and those that are checked in. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { customResourceDefinitions, type StructuralSchema, structuralSchema } from '#api'
import { generatedFiles } from '../../cli/generate.ts'

const root = join(import.meta.dirname, '../..')
interface Column {
  readonly name: string
  readonly priority?: number
}
interface Definition {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly scope: string
    readonly names: {
      readonly kind: string
      readonly categories: readonly string[]
      readonly shortNames?: readonly string[]
    }
    readonly versions: readonly {
      readonly name: string
      readonly subresources: object
      readonly additionalPrinterColumns: readonly Column[]
      readonly schema: { readonly openAPIV3Schema: StructuralSchema }
    }[]
  }
}
const definitions = customResourceDefinitions() as unknown as readonly Definition[]
const schemaOf = (definition: Definition) => definition.spec.versions[0].schema.openAPIV3Schema

test('the checked-in files are those that `node cli/generate.ts` writes', () => {
  const files = generatedFiles()
  // Kustomize's list of them is written by hand.
  const present = readdirSync(join(root, 'manifests/crd')).filter(name => name !== 'kustomization.yaml')
  expect(present.sort()).toEqual(files.map(({ path }) => path.replace('manifests/crd/', '')).sort())
  for (const { path, text } of files) expect(readFileSync(join(root, path), 'utf8'), path).toBe(text)
})

describe.each(definitions.map(definition => [definition.spec.names.kind, definition] as const))(
  '%s',
  (_, definition) => {
    test('every node is structural', () => {
      const faults: string[] = []
      walk(schemaOf(definition), '', (node, path) => {
        const keys = Object.keys(node)
        for (const banned of ['$ref', 'oneOf', 'anyOf', 'allOf', 'not', 'const', 'default', '$schema', 'definitions']) {
          if (keys.includes(banned)) faults.push(`${path}: ${banned}`)
        }
        const isFree =
          node['x-kubernetes-preserve-unknown-fields'] === true || node['x-kubernetes-int-or-string'] === true
        if (node.type === undefined && !isFree) faults.push(`${path}: no type`)
        if (node.properties && node.additionalProperties) faults.push(`${path}: properties and additionalProperties`)
        if (node.type === 'array' && !node.items) faults.push(`${path}: no items`)
        for (const name of node.required ?? []) {
          if (!node.properties?.[name]) faults.push(`${path}: requires ${name}, which it does not have`)
        }
      })
      expect(faults).toEqual([])
    })

    test('unknown fields are kept in every object that is no map', () => {
      walk(schemaOf(definition), '', (node, path) => {
        if (node.type !== 'object' || path === '.metadata' || node.additionalProperties) return
        expect(node['x-kubernetes-preserve-unknown-fields'], path).toBe(true)
      })
    })

    test('metadata is left to Kubernetes', () => {
      expect(schemaOf(definition).properties?.metadata).toEqual({ type: 'object' })
      expect(schemaOf(definition).properties?.kind).toEqual({ type: 'string' })
    })
  },
)

test('forms of the fields', () => {
  const [experiment] = definitions.map(schemaOf)
  const found = (path: readonly string[]) =>
    path.reduce<StructuralSchema | undefined>(
      (node, key) => (key === '[]' ? node?.items : node?.properties?.[key]),
      experiment,
    )
  const at = (...path: string[]) => {
    const { description, ...form } = found(path) ?? {}
    return form
  }
  expect(at('spec', 'maxTrialCount')).toEqual({ type: 'integer', format: 'int32' })
  expect(at('spec', 'seed')).toEqual({ type: 'integer', format: 'int64' })
  expect(at('spec', 'objective', 'goal')).toEqual({ type: 'number' })
  expect(at('spec', 'metricsCollectorSpec', 'source', 'httpGet', 'port')).toEqual({
    'x-kubernetes-int-or-string': true,
  })
  expect(at('spec', 'trialTemplate', 'trialSpec')).toEqual({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  })
  expect(at('spec', 'trialTemplate', 'primaryPodLabels')).toEqual({
    type: 'object',
    additionalProperties: { type: 'string' },
  })
  expect(at('spec', 'trialDeadlines', 'runningSeconds')).toEqual({ type: 'integer', format: 'int64', minimum: 1 })
  expect(at('status', 'completionTime')).toEqual({ type: 'string', nullable: true })
  expect(at('spec', 'parameters', '[]', 'feasibleSpace', 'min')).toEqual({ type: 'string' })
})

test('what has no structural form is refused', () => {
  expect(() => structuralSchema(z.object({ a: z.union([z.string(), z.boolean()]) }))).toThrow('.a: a union')
})

const katib = join(root, '../shared/data/crds')
if (!existsSync(katib)) console.warn("skipped: Katib's definitions, the folder ../shared/data/crds is absent")

describe.skipIf(!existsSync(katib))("beside Katib's own", () => {
  test.each(definitions.map(definition => [definition.metadata.name, definition] as const))('%s', (name, ours) => {
    const file = join(katib, `katib.kubeflow.org_${name.split('.')[0]}.yaml.gz`)
    const theirs = parse(gunzipSync(readFileSync(file)).toString()) as Definition
    expect(ours.metadata.name).toBe(theirs.metadata.name)
    expect(ours.spec.group).toBe(theirs.spec.group)
    expect(ours.spec.scope).toBe(theirs.spec.scope)
    expect(ours.spec.names).toMatchObject(theirs.spec.names)
    expect(ours.spec.names.shortNames).toBeUndefined()
    const [version] = ours.spec.versions
    const columns = version.additionalPrinterColumns.filter(column => column.priority === undefined)
    expect(columns).toEqual(theirs.spec.versions[0].additionalPrinterColumns)
    expect(version.subresources).toEqual(theirs.spec.versions[0].subresources)
  })
})

function walk(node: StructuralSchema, path: string, visit: (node: StructuralSchema, path: string) => void): void {
  visit(node, path)
  for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${key}`, visit)
  if (node.items) walk(node.items, `${path}[]`, visit)
  if (node.additionalProperties) walk(node.additionalProperties, `${path}.*`, visit)
}
