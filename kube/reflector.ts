/**
 * Keeps up with one kind: lists, then watches from there, for ever.
 *
 * States. listing: pages of 500; a failure waits, then lists again. watching: events and bookmarks move the version on;
 * the stream's regular end, an inactive connection and a server that is busy, away or does not know us watch again from the
 * newest version. What says that the history is lost goes back to listing: 410, as HTTP status or as ERROR event, any other
 * refusal of the request, an ERROR event, bytes that are no event. After 410 at once, unless history was lost within the
 * last 30 s: the server is there, and a wait that an outage has grown would only keep the cache old. Waits are jittered and
 * double from 250 ms to 4 s, so that an outage costs hardly more than it lasts; Retry-After wins; anything received resets
 * them, except within 30 s of such a loss.
 * 404 also asks anew where the kind lives. Modelled on the behaviour of client-go's reflector.
 */
import { ApiError, type Resource } from '#api'
import { apiError, bodyOf } from './api-error.ts'
import { type Clock, delay } from './clock.ts'
import { complete, listPages } from './list-pages.ts'
import { collectionPath, Places, type Type } from './resource-path.ts'
import type { KubeRequest, Transport } from './transport.ts'
import { MustList, type WatchEvent, watchEvents } from './watch-stream.ts'

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
  /** The server has known no such kind for `UNSERVED_MS`: it is not only late. Told once. */
  onUnserved?(): void
  onEvent(event: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Resource }): void
  onBookmark(resourceVersion: string): void
  /** Trouble worth a line; the reflector goes on by itself. */
  log(line: string): void
}

/** Kinds of CustomResourceDefinitions are not served yet for some seconds after a server's start. */
const UNSERVED_MS = 30_000
const FIRST_WAIT_MS = 250
/** One process with a dozen watches: even then few requests a second. client-go, with a cluster of clients, waits up to 30 s. */
const LAST_WAIT_MS = 4_000
/** A history that was lost so lately will be lost again. */
const LOST_LATELY_MS = 30_000
/** Servers send bookmarks about once a minute; nothing for so long means a half-open connection. */
const INACTIVITY_MS = 90_000
const WATCH_SECONDS = { min: 240, max: 480 }

/** Runs until `signal` aborts. Never rejects. */
export async function reflect(options: ReflectorOptions, signal: AbortSignal): Promise<void> {
  const places = new Places(options.transport)
  const waits = new Waits(options)
  const unserved = new Unserved(options)
  let version: string | undefined
  let said = ''
  while (!signal.aborted) {
    try {
      version ??= await list(options, places, signal)
      said = ''
      const before = version
      const moved = (newest: string) => {
        version = newest
        waits.reset()
      }
      await watch(options, places, version, moved, signal)
      // A watch that ends without a word would otherwise be opened again at once, for ever.
      if (version === before) await waits.pause(undefined, signal)
    } catch (error) {
      if (signal.aborted) return
      const isLost = version !== undefined && losesHistory(error)
      const next = isLost || version === undefined ? 'lists again' : 'watches again'
      const line = `${options.type.kind}: ${next}: ${(error as Error).message}`
      // The same trouble is a line once, however long it lasts.
      if (line !== said) options.log(line)
      said = line
      if (version === undefined) unserved.take(error)
      if (error instanceof ApiError && error.code === 404) places.forget(options.type)
      if (isLost) version = undefined
      if (isLost && waits.mayListAtOnce(error)) continue
      await waits.pause(error instanceof ApiError ? error.retryAfterMs : undefined, signal)
    }
  }
}

function losesHistory(error: unknown): boolean {
  if (error instanceof MustList) return true
  return error instanceof ApiError && error.code < 500 && !passing.includes(error.code)
}

/** Tells a kind that nobody serves from one that is only late. */
class Unserved {
  readonly #options: Pick<ReflectorOptions, 'clock' | 'onUnserved'>
  #sinceMs: number | undefined
  #isTold = false

  constructor(options: Pick<ReflectorOptions, 'clock' | 'onUnserved'>) {
    this.#options = options
  }

  /** Why a list failed. */
  take(error: unknown): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (codeOf(error) !== 404) this.#sinceMs = undefined
    else this.#sinceMs ??= nowMs
    if (this.#isTold || this.#sinceMs === undefined || nowMs - this.#sinceMs < UNSERVED_MS) return
    this.#isTold = true
    this.#options.onUnserved?.()
  }
}

/** Refusals that say nothing about the version that was asked for. */
const passing = [401, 403, 408, 429]

/** How long to wait after trouble. */
class Waits {
  readonly #options: Pick<ReflectorOptions, 'clock' | 'random'>
  #waitMs = FIRST_WAIT_MS
  #lostMs = Number.NEGATIVE_INFINITY

  constructor(options: Pick<ReflectorOptions, 'clock' | 'random'>) {
    this.#options = options
  }

  reset(): void {
    if (!this.#wasLostLately()) this.#waitMs = FIRST_WAIT_MS
  }

  /** Called once for every loss. A stream that is garbled is likely to be so again: only an expired version lists at once. */
  mayListAtOnce(error: unknown): boolean {
    const isExpired = codeOf(error) === 410 || codeOf((error as Error).cause) === 410
    const isFirst = !this.#wasLostLately()
    this.#lostMs = this.#options.clock.monotonicMs()
    if (!isFirst) return false
    this.#waitMs = FIRST_WAIT_MS
    return isExpired
  }

  async pause(askedMs: number | undefined, signal: AbortSignal): Promise<void> {
    const pauseMs = askedMs ?? this.#waitMs * (0.5 + this.#options.random() / 2)
    this.#waitMs = Math.min(LAST_WAIT_MS, this.#waitMs * 2)
    await delay(this.#options.clock, pauseMs, signal).catch(() => {})
  }

  #wasLostLately(): boolean {
    return this.#options.clock.monotonicMs() - this.#lostMs < LOST_LATELY_MS
  }
}

const codeOf = (error: unknown) => (error instanceof ApiError ? error.code : undefined)

async function list(options: ReflectorOptions, places: Places, signal: AbortSignal): Promise<string> {
  const { type, namespace, labelSelector, transport, clock } = options
  const path = collectionPath(type, await places.of(type, signal), namespace)
  const { items, resourceVersion } = await listPages(type, labelSelector ? { labelSelector } : {}, query => {
    const request = { method: 'GET', path: `${path}?${query}`, headers: { accept: 'application/json' } } as const
    return answered(transport, request, clock, signal)
  })
  options.onList(items, resourceVersion)
  return resourceVersion
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

/** Tells every version that it reaches. Resolves when the stream ends as it should; everything else is thrown. */
async function watch(
  options: ReflectorOptions,
  places: Places,
  since: string,
  moved: (version: string) => void,
  signal: AbortSignal,
): Promise<void> {
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
  try {
    const response = await transport.send({
      method: 'GET',
      path,
      headers: { accept: 'application/json' },
      signal: either,
    })
    if (response.status !== 200) throw apiError(response.status, await response.text(), response.headers)
    for await (const event of watchEvents(response.chunks(), either)) {
      timer[Symbol.dispose]()
      timer = clock.after(INACTIVITY_MS, () => quiet.abort(new Error(`nothing heard for ${INACTIVITY_MS / 1000} s`)))
      moved(take(options, event))
    }
    if (either.aborted) throw either.reason
  } finally {
    timer[Symbol.dispose]()
  }
}

/** The version that the event brought. */
function take(options: ReflectorOptions, event: WatchEvent): string {
  if (event.type === 'BOOKMARK') {
    options.onBookmark(event.resourceVersion)
    return event.resourceVersion
  }
  options.onEvent({ type: event.type, object: complete(event.object, options.type) })
  // The stream lets no event pass without one.
  return event.object.metadata.resourceVersion as string
}
