/**
 * Keeps up with one kind: lists, then watches from there, for ever.
 *
 * States. listing: pages of 500; a failure waits, then lists again. watching: events and bookmarks move the version on;
 * the stream's regular end or an inactive connection watches again from the newest version; 410, as HTTP status or as
 * ERROR event, and a line that is no JSON go back to listing: at once if an event came since the last such return, for
 * the server is there and a wait that an outage has grown would only keep the cache old; else after a wait. Waits are
 * jittered and double from 250 ms to 30 s, Retry-After wins; anything received resets them. Modelled on the behaviour of
 * client-go's reflector.
 */
import { ApiError, parseJson, type Resource } from '#api'
import { complete } from './api-client.ts'
import { apiError, bodyOf } from './api-error.ts'
import { type Clock, delay } from './clock.ts'
import { collectionPath, Places, type Type } from './resource-path.ts'
import { type Chunk, type KubeRequest, type Transport, textOf } from './transport.ts'

export interface ReflectorOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** In [0, 1). */
  random(): number
  readonly type: Type
  readonly namespace?: string
  readonly labelSelector?: string
  /** The whole truth as of `resourceVersion`. */
  onList(items: readonly Resource[], resourceVersion: string): void
  onEvent(event: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Resource }): void
  onBookmark(resourceVersion: string): void
  /** Trouble worth a line; the reflector goes on by itself. */
  log(line: string): void
}

const PAGE_SIZE = 500
const FIRST_WAIT_MS = 250
const LAST_WAIT_MS = 30_000
/** Servers send bookmarks about once a minute; nothing for so long means a half-open connection. */
const INACTIVITY_MS = 90_000
const WATCH_SECONDS = { min: 240, max: 480 }

/** Thrown inside a watch to say that its history is lost. */
class MustList extends Error {}

/** Runs until `signal` aborts. Never rejects. */
export async function reflect(options: ReflectorOptions, signal: AbortSignal): Promise<void> {
  const places = new Places(options.transport)
  let waitMs = FIRST_WAIT_MS
  let version: string | undefined
  let hasListedAgain = false
  const heard = (newest: string) => {
    // Kept now: a watch that is cut off goes on after what it told, not from where it began.
    version = newest
    waitMs = FIRST_WAIT_MS
    hasListedAgain = false
  }
  const pauseFor = async (askedMs: number | undefined) => {
    const pauseMs = askedMs ?? waitMs * (0.5 + options.random() / 2)
    waitMs = Math.min(LAST_WAIT_MS, waitMs * 2)
    await delay(options.clock, pauseMs, signal).catch(() => {})
  }
  while (!signal.aborted) {
    try {
      version ??= await list(options, places, signal)
      const before = version
      version = await watch(options, places, version, heard, signal)
      // A watch that ends without a word would otherwise be opened again at once, for ever.
      if (version === before) await pauseFor(undefined)
    } catch (error) {
      if (signal.aborted) return
      const lost = error instanceof MustList || (error instanceof ApiError && error.code === 410)
      if (lost) version = undefined
      options.log(`${options.type.kind}: ${lost ? 'lists again' : 'watches again'}: ${(error as Error).message}`)
      if (lost && !hasListedAgain) {
        hasListedAgain = true
        continue
      }
      await pauseFor(error instanceof ApiError ? error.retryAfterMs : undefined)
    }
  }
}

async function list(options: ReflectorOptions, places: Places, signal: AbortSignal): Promise<string> {
  const { type, namespace, labelSelector, transport } = options
  const path = collectionPath(type, await places.of(type, signal), namespace)
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(labelSelector ? { labelSelector } : {}) })
  const items: Resource[] = []
  for (;;) {
    const request = {
      method: 'GET',
      path: `${path}?${query}`,
      headers: { accept: 'application/json' },
    } as const
    const page = (await answered(transport, request, options.clock, signal)) as {
      items?: Resource[]
      metadata: { resourceVersion: string; continue?: string }
    }
    for (const item of page.items ?? []) items.push(complete(item, type))
    if (!page.metadata.continue) {
      options.onList(items, page.metadata.resourceVersion)
      return page.metadata.resourceVersion
    }
    query.set('continue', page.metadata.continue)
  }
}

/** A page, or an error after as long a silence as a watch is allowed. */
async function answered(
  transport: Transport,
  request: Pick<KubeRequest, 'method' | 'path' | 'headers'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<unknown> {
  const quiet = new AbortController()
  using _timer = clock.after(INACTIVITY_MS, () => quiet.abort(new Error(`no answer for ${INACTIVITY_MS / 1000} s`)))
  return bodyOf(await transport.send({ ...request, signal: AbortSignal.any([signal, quiet.signal]) }))
}

/** The newest version seen when the stream ends as it should; everything else is thrown. */
async function watch(
  options: ReflectorOptions,
  places: Places,
  since: string,
  heard: (version: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { type, namespace, labelSelector, transport, clock } = options
  const { min, max } = WATCH_SECONDS
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: since,
    timeoutSeconds: String(Math.round(min + options.random() * (max - min))),
    ...(labelSelector ? { labelSelector } : {}),
  })
  const path = `${collectionPath(type, await places.of(type, signal), namespace)}?${query}`
  const quiet = new AbortController()
  const either = AbortSignal.any([signal, quiet.signal])
  let timer = clock.after(INACTIVITY_MS, () => quiet.abort(new Error(`nothing heard for ${INACTIVITY_MS / 1000} s`)))
  let version = since
  try {
    const response = await transport.send({
      method: 'GET',
      path,
      headers: { accept: 'application/json' },
      signal: either,
    })
    if (response.status !== 200) throw apiError(response.status, await response.text(), response.headers['retry-after'])
    for await (const event of events(response.chunks(), either)) {
      timer[Symbol.dispose]()
      timer = clock.after(INACTIVITY_MS, () => quiet.abort(new Error(`nothing heard for ${INACTIVITY_MS / 1000} s`)))
      version = handle(options, event) ?? version
      heard(version)
    }
    if (either.aborted) throw either.reason
    return version
  } finally {
    timer[Symbol.dispose]()
  }
}

interface ServerEvent {
  readonly type: string
  readonly object: Resource & { code?: number; message?: string; reason?: string }
}

function handle(options: ReflectorOptions, { type, object }: ServerEvent): string | undefined {
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      options.onEvent({ type, object: complete(object, options.type) })
      return object.metadata.resourceVersion
    case 'BOOKMARK':
      options.onBookmark(object.metadata.resourceVersion ?? '')
      return object.metadata.resourceVersion
    default:
      throw object?.code === 410
        ? new MustList(object.message ?? 'the version is too old')
        : apiError(object?.code ?? 500, JSON.stringify(object))
  }
}

function parsed(line: string): ServerEvent {
  try {
    return parseJson(line) as ServerEvent
  } catch (cause) {
    throw new MustList('a line of the watch is no JSON', { cause })
  }
}

/** One event a line; a half line at the end of the stream is dropped, since the stream was cut. Ends early when the signal aborts. */
async function* events(chunks: AsyncIterable<Chunk>, signal: AbortSignal): AsyncIterable<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  const iterator = chunks[Symbol.asyncIterator]()
  if (signal.aborted) return
  // Each turn waits for a promise of its own: one that lives as long as the watch would keep what every turn left behind.
  let stop = () => {}
  const onAbort = () => stop()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const { done, value } = await new Promise<IteratorResult<Chunk>>((resolve, reject) => {
        stop = () => resolve({ done: true, value: undefined })
        if (signal.aborted) stop()
        else iterator.next().then(resolve, reject)
      })
      if (done) return
      if (typeof value === 'object' && 'event' in value) {
        // Only servers of ours hand over events as they are.
        yield value.event as ServerEvent
        continue
      }
      const parts = (rest + textOf(value, decoder)).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part !== '') yield parsed(part)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // A stream that hangs must not hold up whoever stops listening.
    void iterator.return?.()
  }
}
