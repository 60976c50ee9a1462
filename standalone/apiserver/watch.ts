/**
 * Changes of a kind; each becomes a line of JSON where it leaves the process.
 *
 * A change moves an object into or out of what is selected: the client sees ADDED or DELETED then, whatever happened to
 * the object itself. Bookmarks come at least once a minute where asked for, so silence means a dead connection.
 */
import type { Resource } from '#api'
import { Compacted, type WatchEvent } from '#store'
import { apiVersionOf, type ServedKind, storedKind } from './kinds/served-kind.ts'
import { badRequest, expired, refusalOf } from './request/refusal.ts'
import { selection } from './request/selection.ts'
import { isTrue, naturalNumber, type ServerRequest, type ServerResponse } from './request/server-request.ts'
import type { ServerContext } from './server-context.ts'
import { type Representation, representation } from './table/representation.ts'

const BOOKMARK_EVERY_MS = 50_000
const LONGEST_SECONDS = 3_600
const SLICE = 250

export function watchObjects(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  namespace: string | undefined,
): ServerResponse {
  const { query } = request
  const asked = query.get('resourceVersion') ?? ''
  if (asked !== '' && naturalNumber(asked) === undefined)
    throw badRequest(`resourceVersion: Invalid value: "${asked}": expected a whole number`)
  const watcher: Watcher = {
    context,
    kind,
    namespace,
    selected: selection(kind, query, namespace),
    form: representation(kind, request, () => context.clock.now()),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    since: asked === '' || asked === '0' || isTrue(query.get('sendInitialEvents')) ? undefined : asked,
    endsInitial: isTrue(query.get('sendInitialEvents')),
    isFirst: true,
  }
  const seconds = Math.min(naturalNumber(query.get('timeoutSeconds')) ?? LONGEST_SECONDS, LONGEST_SECONDS)
  return { status: 200, body: { stream: run(watcher, seconds, request.signal), contentType: 'application/json' } }
}

interface WatchChunk {
  readonly event: unknown
}

interface Watcher {
  readonly context: ServerContext
  readonly kind: ServedKind
  readonly namespace: string | undefined
  readonly selected: (object: Resource) => boolean
  readonly form: Representation
  readonly bookmarks: boolean
  /** Undefined: begin with what there is. */
  readonly since: string | undefined
  readonly endsInitial: boolean
  isFirst: boolean
}

async function* run(watcher: Watcher, seconds: number, signal: AbortSignal): AsyncIterable<WatchChunk> {
  const { context, kind } = watcher
  const over = new AbortController()
  using _end = context.clock.after(seconds * 1_000, () => over.abort())
  const until = AbortSignal.any([signal, over.signal, context.closing])
  try {
    let position = watcher.since
    if (position === undefined) {
      let next: string | undefined
      do {
        const page = { namespace: watcher.namespace, limit: SLICE, continue: next }
        const { items, ...rest } = await context.objects.store.list(storedKind(kind), page)
        for (const object of items) if (watcher.selected(object)) yield line('ADDED', watcher, object)
        position = rest.resourceVersion
        next = rest.continue
      } while (next !== undefined && !until.aborted)
      if (watcher.endsInitial) yield bookmark(watcher, position, { 'k8s.io/initial-events-end': 'true' })
    }
    yield* changes(watcher, position, until)
  } catch (error) {
    if (until.aborted) return
    const refusal =
      error instanceof Compacted ? expired(`too old resource version: ${watcher.since}: ${error.message}`) : error
    yield { event: { type: 'ERROR', object: refusalOf(refusal, context.log).toStatus() } }
  }
}

async function* changes(watcher: Watcher, since: string, until: AbortSignal): AsyncIterable<WatchChunk> {
  const { context, kind } = watcher
  const events = context.objects.store.watch(storedKind(kind), since, until)[Symbol.asyncIterator]()
  let position = since
  let next = events.next()
  try {
    for (;;) {
      const event = watcher.bookmarks ? await orTimeout(context, next) : await next
      if (event === 'timeout') {
        yield bookmark(watcher, position)
        continue
      }
      if (event.done) return
      next = events.next()
      // Whoever stops reading leaves a rejection behind that nobody waits for.
      next.catch(() => {})
      position = event.value.resourceVersion
      const chunk = chunkOf(watcher, event.value)
      if (chunk !== undefined) yield chunk
    }
  } finally {
    void events.return?.()
  }
}

async function orTimeout<T>(context: ServerContext, next: Promise<T>): Promise<T | 'timeout'> {
  const { promise, resolve } = Promise.withResolvers<'timeout'>()
  using _timer = context.clock.after(BOOKMARK_EVERY_MS, () => resolve('timeout'))
  return await Promise.race([next, promise])
}

function chunkOf(watcher: Watcher, event: WatchEvent): WatchChunk | undefined {
  if (event.type === 'BOOKMARK') return watcher.bookmarks ? bookmark(watcher, event.resourceVersion) : undefined
  const isSelected = watcher.selected(event.object)
  if (event.type === 'DELETED') return isSelected ? line('DELETED', watcher, event.object) : undefined
  if (event.type === 'ADDED') return isSelected ? line('ADDED', watcher, event.object) : undefined
  const { old } = event
  // Without the old state a client may hear of the end of an object it never saw, which is harmless.
  const wasSelected = old === undefined ? true : watcher.selected(old)
  if (isSelected) return line(wasSelected ? 'MODIFIED' : 'ADDED', watcher, event.object)
  return wasSelected ? line('DELETED', watcher, event.object) : undefined
}

function line(type: string, watcher: Watcher, object: Resource): WatchChunk {
  const { isFirst } = watcher
  watcher.isFirst = false
  return { event: { type, object: watcher.form.event(object, isFirst) } }
}

function bookmark(watcher: Watcher, resourceVersion: string, annotations?: Record<string, string>): WatchChunk {
  const { kind } = watcher
  const metadata = { resourceVersion, creationTimestamp: null, ...(annotations ? { annotations } : {}) }
  return { event: { type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } } }
}
