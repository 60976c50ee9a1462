/** OpenAPI v3 documents, one a group and version: what `kubectl explain` and client-side validation read. */
import { createHash } from 'node:crypto'
import { type BuiltInDefinition, builtInSchemas } from './built-in-schemas.ts'
import { fieldDescriptions, kindDescriptions } from './descriptions.ts'
import { fieldWords } from './field-words.ts'
import { apiVersionOf, type ServedKind } from './served-kind.ts'
import type { ServedKinds } from './served-kinds.ts'
import type { Schema } from './structural.ts'

/** Paths of the documents. The hash changes with their content, so that clients may keep what they have. */
export function openApiIndex(kinds: ServedKinds) {
  const roots = [...new Set(kinds.all().map(kind => rootOf(kind)))]
  const paths = roots.map(root => {
    const members = kinds.all().filter(kind => rootOf(kind) === root)
    const hash = createHash('sha256').update(JSON.stringify(members)).digest('hex').slice(0, 32)
    return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash.toUpperCase()}` }]
  })
  return { paths: Object.fromEntries(paths) }
}

/** `root`: `api/v1`, `apis/GROUP/VERSION`. Undefined when nothing is served there. */
export function openApiDocument(kinds: ServedKinds, root: string) {
  const members = kinds.all().filter(kind => rootOf(kind) === root)
  if (members.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths: Object.assign({}, ...members.map(pathsOf)),
    components: { schemas: schemasOf(members) },
  }
}

const rootOf = (kind: ServedKind) => (kind.group === '' ? 'api/v1' : `apis/${apiVersionOf(kind)}`)

function schemasOf(members: readonly ServedKind[]): Record<string, unknown> {
  const schemas: Record<string, unknown> = {}
  for (const kind of members) {
    const identity = { 'x-kubernetes-group-version-kind': [identityOf(kind)] }
    const builtIn = kind.isCustom ? undefined : builtInSchemas().kinds[kind.kind]
    if (kind.isCustom || builtIn === undefined) {
      const schema: Schema = (kind.schema as Schema | undefined) ?? { type: 'object' }
      const properties = { ...schema.properties, metadata: reference('V1ObjectMeta') }
      schemas[nameOf(kind)] = described({ ...schema, properties, ...identity })
      collect('V1ObjectMeta', schemas)
    } else {
      collect(builtIn, schemas)
      const description = kindDescriptions[kind.kind]
      schemas[publicName(builtIn)] = described({
        ...(schemas[publicName(builtIn)] as object),
        description,
        ...identity,
      })
    }
  }
  return schemas
}

/** With words for the fields that every kind has, where the schema has none of its own. */
const described = (schema: Readonly<Record<string, unknown>>) => withWords(schema, fieldDescriptions)

function withWords(schema: { readonly properties?: unknown }, words: Readonly<Record<string, string>>): object {
  if (!schema.properties) return schema
  const properties = Object.entries(schema.properties).map(([name, field]) => {
    const description = words[name]
    return [name, description === undefined ? field : { description, ...(field as object) }]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}

/** A definition and all it refers to, with references spelled as OpenAPI does. */
function collect(name: string, schemas: Record<string, unknown>): void {
  if (Object.hasOwn(schemas, publicName(name))) return
  const definition = builtInSchemas().definitions[name]
  if (!definition) return
  schemas[publicName(name)] = {}
  schemas[publicName(name)] = withWords(spelled(definition, schemas) as object, fieldWords[name] ?? {})
}

function spelled(schema: BuiltInDefinition, schemas: Record<string, unknown>): unknown {
  const { $ref, properties, items, additionalProperties, ...rest } = schema
  if ($ref !== undefined) {
    collect($ref, schemas)
    return { ...rest, ...reference($ref) }
  }
  const inner = (child: unknown) => spelled(child as BuiltInDefinition, schemas)
  return {
    ...rest,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, inner(child)])) }
      : {}),
    ...(items ? { items: inner(items) } : {}),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: inner(additionalProperties) } : {}),
  }
}

const reference = (name: string) => ({ allOf: [{ $ref: `#/components/schemas/${publicName(name)}` }] })
const identityOf = ({ group, version, kind }: ServedKind) => ({ group, version, kind })

/** `V1PodSpec` as `kubectl explain` shows it: the last part of a dotted name. */
const publicName = (name: string) => `io.k8s.${name.replace(/^(Core)?V1/, 'v1.')}`

/** `org.kubeflow.v1beta1.Trial`, as definitions are named everywhere. */
const nameOf = ({ group, version, kind }: ServedKind) => [...group.split('.').reverse(), version, kind].join('.')

/** Operations, so far as clients look at them: a kind's verbs, and that writes take `fieldValidation`. */
function pathsOf(kind: ServedKind): Record<string, unknown> {
  const scope = kind.namespaced ? '/namespaces/{namespace}' : ''
  const collection = `/${rootOf(kind)}${scope}/${kind.plural}`
  const builtIn = kind.isCustom ? undefined : builtInSchemas().kinds[kind.kind]
  const $ref = `#/components/schemas/${builtIn ? publicName(builtIn) : nameOf(kind)}`
  const responses = { 200: { description: 'OK', content: { 'application/json': { schema: { $ref } } } } }
  const read = (action: string) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': identityOf(kind),
    responses,
  })
  const write = (action: string) => ({
    ...read(action),
    parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map(name => ({
      name,
      in: 'query',
      schema: { type: 'string' },
    })),
  })
  return {
    [collection]: { get: read('list'), post: write('post') },
    [`${collection}/{name}`]: { get: read('get'), put: write('put'), patch: write('patch'), delete: read('delete') },
  }
}
