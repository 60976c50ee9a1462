/** Creating an object and changing one: what both doors, housekeeping and patches share. */
import { isDeepStrictEqual } from 'node:util'
import type { Resource } from '#api'
import { Conflict } from '#store'
import { admitObject } from './admit-object.ts'
import { apiVersionOf, type ServedKind } from './kinds/served-kind.ts'
import { knownFields, type Validation } from './kinds/unknown-fields.ts'
import { givenMetadata, isFinalized, metadataForCreate, metadataForUpdate } from './metadata.ts'
import { trackUpdate } from './patch/managed-fields.ts'
import { alreadyExists, badRequest, conflict, forbidden, invalid, noSuchPath, notFound } from './request/refusal.ts'
import { isObject } from './request/request-body.ts'
import { type ServerContext, timeText } from './server-context.ts'
import { retryConflicts } from './stored-objects.ts'

export interface WriteOptions {
  readonly dryRun: boolean
  /** Who writes, in managedFields. */
  readonly manager: string
  readonly validation: Validation
  /** Gathers sentences for the Warning header. */
  readonly warnings: string[]
  readonly subresource?: 'status'
  /** Writes down who owns which field; absent: as an ordinary update. */
  manage?(kind: ServedKind, current: Resource | undefined, next: Resource, time: string): Resource
}

export interface Written {
  readonly object: Resource
  readonly isNew: boolean
}

/** Stores a new object. A generated name that is taken is drawn again. */
export async function createObject(
  context: ServerContext,
  kind: ServedKind,
  namespace: string | undefined,
  body: unknown,
  options: WriteOptions,
): Promise<Written> {
  const given = requireObject(kind, namespace, body)
  await requireNamespace(context, kind, namespace, givenMetadata(given).name)
  const isGenerated = !givenMetadata(given).name && Boolean(givenMetadata(given).generateName)
  for (let tries = 0; ; tries += 1) {
    const metadata = metadataForCreate(kind, namespace, givenMetadata(given), timeText(context.clock.now()))
    const named = { ...knownFields(kind, given, options), metadata } as Resource
    const fresh = kind.isCustom && kind.subresources.includes('status') ? withoutStatus(named) : named
    const admission = { operation: 'CREATE', dryRun: options.dryRun, isStatus: false, warn: warner(options) } as const
    const admitted = await admitObject(context, kind, fresh, admission)
    const object = options.manage?.(kind, undefined, admitted, timeText(context.clock.now())) ?? admitted
    const { name } = object.metadata
    const exists = await context.objects.get(kind, namespace, name)
    try {
      if (exists) throw new Conflict(name)
      return { object: options.dryRun ? object : await context.objects.put(kind, object, undefined), isNew: true }
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      if (!isGenerated || tries >= MAX_NAMES) throw alreadyExists(kind, name)
    }
  }
}
const MAX_NAMES = 7

/** A write that is tried again says the same once. */
const warner =
  ({ warnings }: WriteOptions) =>
  (sentence: string) => {
    if (!warnings.includes(sentence)) warnings.push(sentence)
  }

/**
 * Changes an object by `edit`, which is asked again when another writer was faster. An object that carries a
 * resourceVersion which is no longer current is refused with 409. An edit that changes nothing writes nothing.
 */
export function updateObject(
  context: ServerContext,
  kind: ServedKind,
  namespace: string | undefined,
  name: string,
  edit: (current: Resource) => unknown,
  options: WriteOptions,
): Promise<Resource> {
  if (options.subresource && !kind.subresources.includes(options.subresource)) throw noSuchPath()
  return retryConflicts(async () => {
    const current = await context.objects.get(kind, namespace, name)
    if (!current) throw notFound(kind, name)
    const wanted = requireObject(kind, namespace, edit(current))
    requireSame(kind, current, wanted)
    const next = await nextState(context, kind, current, wanted, options)
    const time = timeText(context.clock.now())
    const tracked = (options.manage ?? trackUpdate(options))(kind, current, next, time)
    if (tracked === current || isDeepStrictEqual(tracked, current)) return current
    if (options.dryRun) return tracked
    const isLast = tracked.metadata.deletionTimestamp && isFinalized(tracked) && isRemovable(kind, tracked)
    if (!isLast) return context.objects.put(kind, tracked, current)
    // One step: a crash in between would leave an object that nobody ends.
    await context.objects.remove(kind, current)
    return tracked
  })
}

/** A terminating object goes with its last finalizer; a pod when its kubelet says so, a namespace when it is empty. */
export function isRemovable(kind: ServedKind, object: Resource): boolean {
  const isCore = kind.group === ''
  if (isCore && kind.kind === 'Pod') return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0
  if (isCore && kind.kind === 'Namespace')
    return ((object.spec as { finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length === 0
  return true
}

async function nextState(
  context: ServerContext,
  kind: ServedKind,
  current: Resource,
  wanted: Resource,
  options: WriteOptions,
): Promise<Resource> {
  const isStatus = options.subresource === 'status'
  const merged = isStatus ? onlyStatus(current, wanted) : withoutForeignStatus(kind, current, wanted)
  const known = knownFields(kind, merged, options) as Resource
  if (isDeepStrictEqual(known, current)) return current
  if (!isStatus) requireNoNewFinalizers(kind, current, known)
  const { dryRun } = options
  const admission = { operation: 'UPDATE', old: current, dryRun, isStatus, warn: warner(options) } as const
  const admitted = await admitObject(context, kind, known, admission)
  if (!kind.hasGeneration || isStatus || !hasNewWishes(current, admitted)) return admitted
  return { ...admitted, metadata: { ...admitted.metadata, generation: (current.metadata.generation ?? 0) + 1 } }
}

function onlyStatus(current: Resource, wanted: Resource): Resource {
  const { status } = wanted
  return status === undefined ? withoutStatus(current) : { ...current, status }
}

function withoutForeignStatus(kind: ServedKind, current: Resource, wanted: Resource): Resource {
  const metadata = metadataForUpdate(current.metadata, wanted.metadata)
  const object = { ...wanted, metadata }
  if (!kind.subresources.includes('status')) return object
  return current.status === undefined ? withoutStatus(object) : { ...object, status: current.status }
}

function withoutStatus(object: Resource): Resource {
  const { status: _status, ...rest } = object
  return rest as Resource
}

function hasNewWishes(current: Resource, next: Resource): boolean {
  const wishes = ({ metadata: _metadata, status: _status, ...rest }: Resource) => rest
  return !isDeepStrictEqual(wishes(current), wishes(next))
}

/** An object of this kind and place, with metadata; its kind may be left out, as typed clients do inside lists. */
function requireObject(kind: ServedKind, namespace: string | undefined, body: unknown): Resource {
  if (!isObject(body)) throw badRequest('the body of the request must be an object')
  const { apiVersion = apiVersionOf(kind), kind: kindName = kind.kind, ...rest } = body
  if (kindName !== kind.kind || apiVersion !== apiVersionOf(kind))
    throw badRequest(
      `the object provided is ${JSON.stringify(apiVersion)} ${JSON.stringify(kindName)}; this path takes ${apiVersionOf(kind)} ${kind.kind}`,
    )
  const metadata = givenMetadata(body)
  if (kind.namespaced && metadata.namespace && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return { apiVersion, kind: kindName, ...rest, metadata } as Resource
}

function requireSame(kind: ServedKind, current: Resource, wanted: Resource): void {
  const { name, uid, resourceVersion } = current.metadata
  const given = wanted.metadata
  if (given.name && given.name !== name)
    throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`)
  if (given.uid && given.uid !== uid)
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${uid}`)
  if (given.resourceVersion && given.resourceVersion !== resourceVersion) throw conflict(kind, name)
}

function requireNoNewFinalizers(kind: ServedKind, current: Resource, next: Resource): void {
  if (!current.metadata.deletionTimestamp) return
  const had = new Set(current.metadata.finalizers ?? [])
  const added = (next.metadata.finalizers ?? []).filter(one => !had.has(one))
  if (added.length === 0) return
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`
  throw invalid(kind, next.metadata.name, [{ field: 'metadata.finalizers', message, reason: 'FieldValueForbidden' }])
}

async function requireNamespace(
  context: ServerContext,
  kind: ServedKind,
  namespace: string | undefined,
  name: string,
): Promise<void> {
  if (!kind.namespaced || namespace === undefined) return
  const namespaceKind = context.kinds.at('', 'v1', 'namespaces')
  const found = namespaceKind && (await context.objects.get(namespaceKind, undefined, namespace))
  if (namespaceKind && !found) throw notFound(namespaceKind, namespace)
  if (found?.metadata.deletionTimestamp) {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`
    throw forbidden(kind, name, why, [{ reason: 'NamespaceTerminating', message: why, field: 'metadata.namespace' }])
  }
}
