/** Deleting: at once, or marked until its finalizers, its kubelet or its contents are done. */
import type { Resource } from '#api'
import { judge } from './admit-object.ts'
import type { ServedKind } from './kinds/served-kind.ts'
import { badRequest, conflict, forbidden, notFound, success } from './request/refusal.ts'
import { isObject, type Json } from './request/request-body.ts'
import { type ServerContext, timeText } from './server-context.ts'
import { retryConflicts } from './stored-objects.ts'
import { isRemovable } from './write.ts'

/** Foreground: dependents go first. Orphan: they stay. Background: they go after. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan'

export const FOREGROUND_FINALIZER = 'foregroundDeletion'
export const ORPHAN_FINALIZER = 'orphan'

export interface DeleteOptions {
  readonly propagation?: Propagation
  readonly gracePeriodSeconds?: number
  readonly uid?: string
  readonly resourceVersion?: string
  readonly dryRun: boolean
}

/** From the query and a body of kind DeleteOptions; the body wins, as on a real server. */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given: Json = isObject(body) ? body : {}
  const preconditions: Json = isObject(given.preconditions) ? given.preconditions : {}
  const orphan = given.orphanDependents ?? (query.get('orphanDependents') === 'true' ? true : undefined)
  const propagation =
    given.propagationPolicy ?? query.get('propagationPolicy') ?? (orphan === true ? 'Orphan' : undefined)
  if (propagation !== undefined && !['Background', 'Foreground', 'Orphan'].includes(String(propagation)))
    throw badRequest(`propagationPolicy: expected Background, Foreground or Orphan, got ${JSON.stringify(propagation)}`)
  const grace = given.gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined
  return {
    propagation: propagation as Propagation | undefined,
    gracePeriodSeconds: grace === undefined ? undefined : Math.max(0, Number(grace)),
    uid: typeof preconditions.uid === 'string' ? preconditions.uid : undefined,
    resourceVersion: typeof preconditions.resourceVersion === 'string' ? preconditions.resourceVersion : undefined,
    dryRun: query.get('dryRun') === 'All' || (Array.isArray(given.dryRun) && given.dryRun.includes('All')),
  }
}

/** The Status of a deletion that is done, or the marked object. */
export function deleteObject(
  context: ServerContext,
  kind: ServedKind,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
): Promise<{ body: unknown; isGone: boolean }> {
  return retryConflicts(async () => {
    const current = await context.objects.get(kind, namespace, name)
    if (!current) throw notFound(kind, name)
    requirePreconditions(kind, current, options)
    await requireDeletable(context, kind, current, options)
    const gone = () => ({ body: success(kind, name, current.metadata.uid), isGone: true })
    const marked = mark(kind, current, options, context.clock.now())
    if (marked === undefined) {
      if (!options.dryRun) await context.objects.remove(kind, current)
      return gone()
    }
    if (options.dryRun || marked === current) return { body: marked, isGone: false }
    return { body: await context.objects.put(kind, marked, current), isGone: false }
  })
}

/** The object as it is while its deletion goes on; undefined when nothing holds it. */
function mark(kind: ServedKind, current: Resource, options: DeleteOptions, now: Date): Resource | undefined {
  const { metadata } = current
  const finalizers = withPropagation(metadata.finalizers ?? [], options.propagation)
  const graceSeconds = graceOf(kind, current, options)
  const isNamespace = kind.group === '' && kind.kind === 'Namespace'
  const draft = { ...current, metadata: { ...metadata, deletionGracePeriodSeconds: graceSeconds } }
  if (finalizers.length === 0 && isRemovable(kind, draft)) return undefined
  const isMarked = Boolean(metadata.deletionTimestamp)
  const shortens = isMarked && graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0)
  if (isMarked && !shortens && same(finalizers, metadata.finalizers ?? [])) return current
  const stamp =
    isMarked && !shortens
      ? {}
      : {
          deletionTimestamp: timeText(new Date(now.getTime() + graceSeconds * 1_000)),
          deletionGracePeriodSeconds: graceSeconds,
          ...(kind.hasGeneration ? { generation: (metadata.generation ?? 0) + 1 } : {}),
        }
  return {
    ...current,
    metadata: { ...metadata, ...stamp, ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}) },
    ...(isNamespace ? { status: { ...(current.status as object), phase: 'Terminating' } } : {}),
  }
}

function withPropagation(finalizers: readonly string[], propagation: Propagation | undefined): readonly string[] {
  if (propagation === undefined) return finalizers
  const others = finalizers.filter(one => one !== FOREGROUND_FINALIZER && one !== ORPHAN_FINALIZER)
  if (propagation === 'Foreground') return [...others, FOREGROUND_FINALIZER]
  return propagation === 'Orphan' ? [...others, ORPHAN_FINALIZER] : others
}

/** Only a pod that runs somewhere has a grace: its kubelet removes it, with a grace of 0, when its processes are gone. */
function graceOf(kind: ServedKind, current: Resource, options: DeleteOptions): number {
  if (kind.group !== '' || kind.kind !== 'Pod') return 0
  const { nodeName, terminationGracePeriodSeconds = 30 } = (current.spec ?? {}) as Record<string, unknown>
  const { phase } = (current.status ?? {}) as Record<string, unknown>
  if (!nodeName || phase === 'Succeeded' || phase === 'Failed') return 0
  const wanted = options.gracePeriodSeconds ?? Number(terminationGracePeriodSeconds)
  return current.metadata.deletionTimestamp
    ? Math.min(wanted, current.metadata.deletionGracePeriodSeconds ?? wanted)
    : wanted
}

function requirePreconditions(kind: ServedKind, current: Resource, options: DeleteOptions): void {
  const { name, uid, resourceVersion } = current.metadata
  if (options.uid !== undefined && options.uid !== uid)
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${uid}`)
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion)
    throw conflict(
      kind,
      name,
      `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    )
}

async function requireDeletable(
  context: ServerContext,
  kind: ServedKind,
  current: Resource,
  { dryRun }: DeleteOptions,
): Promise<void> {
  const { name } = current.metadata
  if (kind.group === '' && kind.kind === 'Namespace' && lastingNamespaces.includes(name))
    throw forbidden(kind, name, 'this namespace may not be deleted')
  const policy = context.admit[kind.kind]
  if (!policy) return
  const warn = () => {}
  await judge(context, kind, policy, { operation: 'DELETE', object: current, old: current, dryRun, warn })
}

/** Made at the start if they are missing; Kubernetes protects its own in the same way. */
export const startNamespaces: readonly string[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'kubeflow',
]
const lastingNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public']

const same = (left: readonly string[], right: readonly string[]) =>
  left.length === right.length && left.every(one => right.includes(one))
