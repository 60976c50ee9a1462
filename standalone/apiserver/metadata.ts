/** What the server decides of an object's metadata, whatever the client sends. */
import { randomInt, randomUUID } from 'node:crypto'
import type { Metadata, Resource } from '#api'
import type { ServedKind } from './kinds/served-kind.ts'
import type { Cause } from './request/refusal.ts'
import { isObject } from './request/request-body.ts'

/** The metadata of a new object. `generateName` without a name gets five random characters. */
export function metadataForCreate(
  kind: ServedKind,
  namespace: string | undefined,
  given: Metadata,
  now: string,
): Metadata {
  const {
    uid: _uid,
    resourceVersion: _version,
    selfLink: _link,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    generation: _generation,
    creationTimestamp: _creation,
    namespace: _namespace,
    name,
    ...rest
  } = withoutNulls(given)
  return {
    name: name || (given.generateName ? `${given.generateName}${randomSuffix()}` : ''),
    ...(kind.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
    creationTimestamp: now,
    ...rest,
  } as Metadata
}

/** The client's labels, annotations, finalizers and owners on what the server knows of the object. */
export function metadataForUpdate(current: Metadata, wanted: Metadata): Metadata {
  const {
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generateName,
    managedFields,
    name,
    namespace,
  } = current
  const system = {
    name,
    generateName,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  }
  const {
    name: _name,
    generateName: _generateName,
    namespace: _namespace,
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _creation,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    managedFields: _managed,
    ...rest
  } = withoutNulls(wanted)
  return { ...withoutAbsent(system), ...rest, ...withoutAbsent({ managedFields }) } as Metadata
}

/** Problems of names, labels, annotations, finalizers and owners, all at once. */
export function metadataProblems(kind: ServedKind, metadata: Metadata): Cause[] {
  const problems: Cause[] = []
  const say = (field: string, message: string, reason?: string) => problems.push({ field, message, reason })
  const { name, labels, annotations, finalizers, ownerReferences } = metadata
  const isLabel = kind.kind === 'Namespace' || kind.kind === 'Service'
  if (!name) say('metadata.name', 'Required value: name or generateName is required', 'FieldValueRequired')
  else if (name.length > (isLabel ? 63 : 253) || !(isLabel ? dnsLabel : dnsSubdomain).test(name))
    say('metadata.name', `Invalid value: "${name}": ${isLabel ? LABEL_RULE : SUBDOMAIN_RULE}`)
  for (const [key, value] of entries(labels, 'metadata.labels', say)) {
    if (!isQualifiedName(key)) say('metadata.labels', `Invalid value: "${key}": ${KEY_RULE}`)
    if (typeof value !== 'string' || value.length > 63 || !labelValue.test(value))
      say('metadata.labels', `Invalid value: ${JSON.stringify(value)}: ${VALUE_RULE}`)
  }
  for (const [key, value] of entries(annotations, 'metadata.annotations', say)) {
    if (!isQualifiedName(key.toLowerCase())) say('metadata.annotations', `Invalid value: "${key}": ${KEY_RULE}`)
    if (typeof value !== 'string')
      say('metadata.annotations', `Invalid value: ${JSON.stringify(value)}: must be a text`)
  }
  if (finalizers && !(Array.isArray(finalizers) && finalizers.every(one => typeof one === 'string')))
    say('metadata.finalizers', 'Invalid value: must be a list of texts')
  if (ownerReferences && !Array.isArray(ownerReferences))
    say('metadata.ownerReferences', 'Invalid value: must be a list')
  for (const [i, owner] of (Array.isArray(ownerReferences) ? ownerReferences : []).entries()) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (isObject(owner) && owner[field]) continue
      say(`metadata.ownerReferences[${i}].${field}`, 'Required value: must not be empty', 'FieldValueRequired')
    }
  }
  return problems
}

/** `value`, read as an object's metadata by one who has not looked at it yet. */
export const givenMetadata = (object: object): Metadata => {
  const { metadata } = object as { metadata?: unknown }
  return (isObject(metadata) ? metadata : {}) as Metadata
}

export const isFinalized = ({ metadata }: Resource) => (metadata.finalizers ?? []).length === 0

/** Entries with undefined values removed, so that equal objects compare equal. */
function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

function withoutNulls(metadata: Metadata): Record<string, unknown> & { name?: string } {
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => value !== null && value !== undefined),
  ) as Record<string, unknown>
}

function entries(map: unknown, field: string, say: (field: string, message: string) => void): [string, unknown][] {
  if (map === undefined || map === null) return []
  if (isObject(map)) return Object.entries(map)
  say(field, 'Invalid value: must be a map of texts')
  return []
}

/** Without vowels and look-alikes, so that no name spells a word. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const randomSuffix = () => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/
const qualified = /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/

function isQualifiedName(key: string): boolean {
  const slash = key.indexOf('/')
  const [prefix, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)]
  if (prefix !== undefined && (prefix.length > 253 || !dnsSubdomain.test(prefix))) return false
  return name.length <= 63 && qualified.test(name)
}

const LABEL_RULE = 'a lowercase RFC 1123 label has letters, digits and "-", begins and ends with a letter or digit'
const SUBDOMAIN_RULE =
  'a lowercase RFC 1123 subdomain has letters, digits, "-" and ".", begins and ends with a letter or digit'
const KEY_RULE = 'a key has an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."'
const VALUE_RULE = 'a value has at most 63 letters, digits, "-", "_" and ".", begins and ends with a letter or digit'
