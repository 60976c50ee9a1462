/**
 * The resource store over any change log: compare-and-swap, group commit, reads from memory, watches.
 *
 * There is one writer, so revisions are given inside the commit queue: they have no gaps and follow the order of commits.
 * A change is read, listed and watched only after the log has made it durable.
 */
import type { Resource } from '#api'
import { CommitQueue } from '../commit-queue.ts'
import {
  Compacted,
  Conflict,
  type ResourceStore,
  type StoredKind,
  type StoredRef,
  TooLarge,
  Unavailable,
  type WatchEvent,
} from '../store.ts'
import { type ChangeLog, describe, eventOf, kindKey, objectKey, objectOf, type Step } from './change.ts'
import { nextPage, placeIn } from './continue-token.ts'
import { CurrentObjects } from './current-objects.ts'
import { RecentChanges } from './recent-changes.ts'

const MAX_GROUP = 500
const MAX_QUEUED = 20_000
const BACKLOG_PAGE = 500
/** A database that is restarted is back sooner. */
const PATIENCE_MS = 10_000

interface Write {
  readonly ref: StoredRef
  /** Absent: delete. */
  readonly resource?: Resource
  readonly expected: string
  resolve(stored: Resource): void
  reject(reason: unknown): void
}

export class LoggedResourceStore implements ResourceStore {
  readonly #log: ChangeLog
  readonly #objects: CurrentObjects
  readonly #recent: RecentChanges
  readonly #queue = new CommitQueue<Write>(
    writes => this.#commit(writes),
    group => group.length < MAX_GROUP,
  )
  readonly #closed = new AbortController()
  #compacted: number
  #isAway = false

  constructor(log: ChangeLog, objects: CurrentObjects, loaded: { head: number; compacted: number }) {
    this.#log = log
    this.#objects = objects
    this.#recent = new RecentChanges(loaded.head)
    this.#compacted = loaded.compacted
  }

  static async open(log: ChangeLog): Promise<LoggedResourceStore> {
    const objects = new CurrentObjects()
    const loaded = await log.load(object => objects.apply(object))
    return new LoggedResourceStore(log, objects, loaded)
  }

  async get(ref: StoredRef): Promise<Resource | undefined> {
    const found = this.#objects.get(kindKey(ref), objectKey(ref))
    return found && objectOf(found)
  }

  async list(kind: StoredKind, page: { namespace?: string; limit?: number; continue?: string } = {}) {
    const key = kindKey(kind)
    const { at, after } = page.continue === undefined ? { at: this.#recent.head } : placeIn(page.continue)
    if (at < this.#compacted) throw new Compacted(`the list at ${at} is compacted; list again`)
    const limit = page.limit === undefined || page.limit <= 0 ? Number.POSITIVE_INFINITY : page.limit
    const wanted = { namespace: page.namespace, after, limit }
    const { objects, remaining } = this.#objects.isUnchangedSince(key, at)
      ? this.#objects.page(key, wanted)
      : await this.#log.readAt(key, at, wanted)
    if (at < this.#compacted) throw new Compacted(`the list at ${at} is compacted; list again`)
    const items = objects.map(objectOf)
    const resourceVersion = String(at)
    if (remaining === 0) return { items, resourceVersion }
    return { items, resourceVersion, continue: nextPage(at, objects[objects.length - 1]), remaining }
  }

  put(ref: StoredRef, resource: Resource, expected: string | 'absent'): Promise<Resource> {
    return this.#submit({ ref, resource, expected })
  }

  delete(ref: StoredRef, expected: string): Promise<Resource> {
    return this.#submit({ ref, expected })
  }

  async *watch(kind: StoredKind, since: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const key = kindKey(kind)
    const either = AbortSignal.any([signal, this.#closed.signal])
    let position = Number(since)
    let told = position
    while (!either.aborted) {
      if (position < this.#compacted) throw new Compacted(`changes after ${position} are compacted; list again`)
      if (position < this.#recent.from) {
        const upTo = this.#recent.head
        const backlog = await this.#log.read(key, position, upTo, BACKLOG_PAGE)
        if (position < this.#compacted) continue
        for (const step of backlog) {
          if (either.aborted) return
          yield eventOf(step)
          told = step.change.revision
        }
        position = backlog.length < BACKLOG_PAGE ? upTo : told
        continue
      }
      const head = Math.max(position, this.#recent.head)
      for (const event of this.#recent.events(key, position)) {
        if (either.aborted) return
        yield event
        told = Number(event.resourceVersion)
      }
      position = head
      if (either.aborted) return
      if (this.#recent.isFarBehind(told) && position === this.#recent.head) {
        told = position
        yield { type: 'BOOKMARK', resourceVersion: String(position) }
      }
      if (position >= this.#recent.head) await this.#recent.next(key, position, either)
    }
  }

  async revision(): Promise<string> {
    return String(this.#recent.head)
  }

  async compact(before: string): Promise<void> {
    const revision = Math.min(Number(before), this.#recent.head)
    if (!(revision > this.#compacted)) return
    this.#compacted = revision
    await this.#log.compact(revision)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#queue.idle()
    await this.#log[Symbol.asyncDispose]()
  }

  #submit(write: Omit<Write, 'resolve' | 'reject'>): Promise<Resource> {
    if (this.#closed.signal.aborted) return Promise.reject(new Error('the resource store is closed'))
    if (this.#isAway) return Promise.reject(away())
    if (this.#queue.length >= MAX_QUEUED) {
      return Promise.reject(
        new Unavailable(`the database is behind: ${MAX_QUEUED} writes are waiting; try again later`),
      )
    }
    const { promise, resolve, reject } = Promise.withResolvers<Resource>()
    this.#queue.push({ ...write, resolve, reject })
    return promise
  }

  /** One group: each write is compared by itself; the winners become durable together. An object changes once a group. */
  async #commit(writes: readonly Write[]): Promise<void> {
    const touched = new Set<string>()
    const winners: (Step & { readonly write: Write })[] = []
    const later: Write[] = []
    for (const write of writes) {
      const key = `${kindKey(write.ref)}\0${objectKey(write.ref)}`
      if (touched.has(key)) {
        later.push(write)
        continue
      }
      try {
        winners.push({ write, ...this.#changeOf(write, this.#recent.head + winners.length + 1) })
        touched.add(key)
      } catch (reason) {
        write.reject(reason)
      }
    }
    this.#queue.putBack(later)
    if (winners.length === 0) return
    const changes = winners.map(winner => winner.change)
    try {
      await this.#log.append(changes, waitedMs => {
        if (waitedMs >= PATIENCE_MS) this.#giveUpQueued()
      })
    } catch (reason) {
      for (const { write } of winners) write.reject(reason)
      return
    } finally {
      this.#isAway = false
    }
    for (const change of changes) this.#objects.apply(change)
    this.#recent.push(winners.map(({ change, old }) => ({ change, old })))
    for (const { write, change } of winners) write.resolve(objectOf(change))
  }

  #giveUpQueued(): void {
    this.#isAway = true
    for (const write of this.#queue.drain()) write.reject(away())
  }

  #changeOf({ ref, resource, expected }: Write, revision: number): Step {
    const kind = kindKey(ref)
    const current = this.#objects.get(kind, objectKey(ref))
    const found = current === undefined ? 'absent' : String(current.revision)
    if (found !== expected) throw new Conflict(`${describe(ref)}: expected revision ${expected}, found ${found}`)
    const base = resource ?? (current && objectOf(current))
    if (base === undefined) throw new Conflict(`${describe(ref)}: it is gone`)
    const text = JSON.stringify({ ...base, metadata: { ...base.metadata, resourceVersion: String(revision) } })
    if (text.length > MAX_OBJECT_CHARACTERS)
      throw new TooLarge(`${describe(ref)} is larger than ${MAX_OBJECT_CHARACTERS} characters`)
    const type = resource === undefined ? 'DELETED' : current === undefined ? 'ADDED' : 'MODIFIED'
    const { namespace, name } = ref
    const change = { revision, type, kind, namespace, name, text } as const
    return type === 'MODIFIED' && current ? { change, old: current } : { change }
  }
}

const away = () => new Unavailable('the database is away; nothing was written; try again when it is back')

/** Objects grow by defaulting and by conditions; a row of more than this is a mistake. */
const MAX_OBJECT_CHARACTERS = 1.5 * 1024 * 1024
