/**
 * Makes standalone/apiserver/kinds/built-in-schemas.json from the types of @kubernetes/client-node:
 * `node test/standalone/apiserver-schemas.ts`. Names and types of fields only.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as kubernetes from '@kubernetes/client-node'

const kinds = {
  Namespace: 'V1Namespace',
  Node: 'V1Node',
  Pod: 'V1Pod',
  ConfigMap: 'V1ConfigMap',
  Secret: 'V1Secret',
  Event: 'CoreV1Event',
  Service: 'V1Service',
  ServiceAccount: 'V1ServiceAccount',
  PersistentVolumeClaim: 'V1PersistentVolumeClaim',
  Job: 'V1Job',
  Deployment: 'V1Deployment',
  Lease: 'V1Lease',
  CustomResourceDefinition: 'V1CustomResourceDefinition',
}

interface Attribute {
  readonly baseName: string
  readonly type: string
  readonly format: string
}

export const path = fileURLToPath(new URL('../../standalone/apiserver/kinds/built-in-schemas.json', import.meta.url))

export function builtInSchemasText(): string {
  const definitions: Record<string, object> = {}
  const pending = Object.values(kinds)
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (Object.hasOwn(definitions, name)) continue
    const model = (kubernetes as unknown as Record<string, { getAttributeTypeMap(): Attribute[] }>)[name]
    const properties: Record<string, object> = {}
    for (const { baseName, type, format } of model.getAttributeTypeMap())
      properties[baseName] = schemaOf(type, format, reference => pending.push(reference))
    definitions[name] = { type: 'object', properties }
  }
  const sorted = Object.fromEntries(Object.entries(definitions).sort(([left], [right]) => (left < right ? -1 : 1)))
  const lines = Object.entries(sorted).map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`)
  return `{"kinds":${JSON.stringify(kinds)},"definitions":{\n${lines.join(',\n')}\n}}\n`
}

function schemaOf(type: string, format: string, refer: (name: string) => void): object {
  const list = /^Array<(.*)>$/.exec(type)
  if (list) return { type: 'array', items: schemaOf(list[1], '', refer) }
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)
  if (map) return { type: 'object', additionalProperties: schemaOf(map[1], '', refer) }
  if (type === 'string') return { type: 'string', ...(format ? { format } : {}) }
  if (type === 'boolean') return { type: 'boolean' }
  if (type === 'number') return format.startsWith('int') ? { type: 'integer', format } : { type: 'number' }
  if (type === 'Date' || type === 'V1MicroTime') return { type: 'string', format: 'date-time' }
  if (type === 'IntOrString') return { 'x-kubernetes-int-or-string': true }
  if (type in kubernetes) {
    refer(type)
    return { $ref: type }
  }
  return { 'x-kubernetes-preserve-unknown-fields': true }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, builtInSchemasText())
