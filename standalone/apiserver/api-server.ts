/** The embedded Kubernetes API: one store behind it, two doors in front of it. */
import type { Resource } from '#api'
import type { Clock, Transport } from '#kube'
import type { ResourceStore } from '#store'
import type { Admit, Rewrite } from './admission.ts'
import { startNamespaces } from './delete.ts'
import { directTransport } from './direct-transport.ts'
import { Compaction } from './housekeeping/compaction.ts'
import { DefinitionDeletion } from './housekeeping/definition-deletion.ts'
import { EventRetention } from './housekeeping/event-retention.ts'
import { GarbageCollector } from './housekeeping/garbage-collector.ts'
import { Housekeeping } from './housekeeping/housekeeping.ts'
import { NamespaceDeletion } from './housekeeping/namespace-deletion.ts'
import { type Listener, type ListenOptions, listenHttps } from './https-listener.ts'
import type { ServedKind } from './kinds/served-kind.ts'
import { ServedKinds } from './kinds/served-kinds.ts'
import type { PodLogs } from './pod/pod-logs.ts'
import { RequestLog } from './request/request-log.ts'
import type { ServerContext } from './server-context.ts'
import { type ObjectChange, StoredObjects } from './stored-objects.ts'
import { createObject, updateObject } from './write.ts'

export interface ApiServerOptions {
  /** The caller's to close, after the server. */
  readonly resources: ResourceStore
  /** By kind: what its owner decides on every write. */
  readonly admit: Readonly<Record<string, Admit>>
  /** By kind: what its owner makes of a write before the schema judges it. */
  readonly rewrite?: Readonly<Record<string, Rewrite>>
  /** CustomResourceDefinitions that are served from the first request on. */
  readonly crds: readonly Resource[]
  readonly clock: Clock
  readonly logs: PodLogs
  log(line: string): void
}

export interface ApiServer extends AsyncDisposable {
  /** Direct calls, counted under `identity`. */
  transport(identity: string): Transport
  /** Opens the door for other processes; they are closed with the server. */
  listen(options: ListenOptions): Promise<{ url: string }>
  readonly requests: RequestLog
  /** Resolves when garbage collection and namespace deletion have caught up. */
  idle(): Promise<void>
}

/** Serves when it resolves. On a store that it left in order it writes nothing. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { resources, admit, rewrite = {}, crds, clock, logs } = options
  const closing = new AbortController()
  const context: ServerContext = {
    objects: new StoredObjects(resources),
    kinds: new ServedKinds(),
    admit,
    rewrite,
    clock,
    logs,
    requests: new RequestLog(),
    log: options.log,
    closing: closing.signal,
  }
  const housekeeping = new Housekeeping(options.log)
  const definitionKind = required(context, 'apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
  context.objects.onChange(change => serveDefinition(context, definitionKind, change))
  for await (const definition of context.objects.all(definitionKind)) context.kinds.define(definition)
  const keepers = [
    new GarbageCollector(context, housekeeping),
    new NamespaceDeletion(context, housekeeping),
    new DefinitionDeletion(context, housekeeping, definitionKind),
    new EventRetention(context, housekeeping, required(context, '', 'v1', 'events')),
  ]
  const compaction = new Compaction(resources, housekeeping)
  context.objects.onChange(change => compaction.changed(change))
  for (const keeper of keepers) {
    await keeper.start()
    context.objects.onChange(change => keeper.changed(change))
  }
  await createMissing(context, definitionKind, crds)
  const listeners: Listener[] = []
  return {
    transport: identity => directTransport(context, identity),
    async listen(how) {
      const listener = await listenHttps(context, how)
      listeners.push(listener)
      return { url: listener.url }
    },
    requests: context.requests,
    idle: () => housekeeping.idle(),
    async [Symbol.asyncDispose]() {
      closing.abort()
      for (const listener of listeners) await listener[Symbol.asyncDispose]()
      await housekeeping.close()
    },
  }
}

function serveDefinition(
  context: ServerContext,
  definitionKind: ServedKind,
  { kind, object, isGone }: ObjectChange,
): void {
  if (kind !== definitionKind) return
  if (isGone) context.kinds.undefine(object)
  else if (!object.metadata.deletionTimestamp) context.kinds.define(object)
}

/** Namespaces that are missing; definitions that are missing or say something else than this version does. */
async function createMissing(
  context: ServerContext,
  definitionKind: ServedKind,
  crds: readonly Resource[],
): Promise<void> {
  const options = { dryRun: false, manager: 'qalam', validation: 'Ignore', warnings: [] } as const
  const namespaces = required(context, '', 'v1', 'namespaces')
  for (const name of startNamespaces) {
    if (await context.objects.get(namespaces, undefined, name)) continue
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await createObject(context, namespaces, undefined, namespace, { ...options, warnings: [] })
  }
  for (const crd of crds) {
    const { name } = crd.metadata
    const edit = (current: Resource) => ({ ...current, spec: crd.spec })
    if (await context.objects.get(definitionKind, undefined, name))
      await updateObject(context, definitionKind, undefined, name, edit, { ...options, warnings: [] })
    else await createObject(context, definitionKind, undefined, crd, { ...options, warnings: [] })
  }
}

function required(context: ServerContext, group: string, version: string, plural: string): ServedKind {
  const kind = context.kinds.at(group, version, plural)
  if (!kind) throw new Error(`${plural} is built in`)
  return kind
}
