/** One change of one object, and the log that makes changes durable: all that a resource store keeps. */
import { freezeJson, parseJson, type Resource } from '#api'
import type { StoredKind, StoredRef, WatchEvent } from '../store.ts'

export interface Change {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** `group/Kind`. */
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** The object as JSON, with this revision as its resourceVersion; of a deletion, its last state. */
  readonly text: string
}

/** A change and what it replaced, where that is at hand. */
export interface Step {
  readonly change: Change
  readonly old?: { readonly text: string }
}

/** Where in a list a page begins: after this object. */
export interface Place {
  readonly namespace: string
  readonly name: string
}

export interface Page {
  readonly namespace?: string
  readonly after?: Place
  readonly limit: number
}

/**
 * Keeps changes in the order of their revisions, which have no gaps and are given by the only writer.
 * The current state is the last change of every object that is no deletion.
 */
export interface ChangeLog extends AsyncDisposable {
  /** The current state, in any order; the newest revision; what is compacted. Called once, first. */
  load(keep: (object: Change) => void): Promise<{ head: number; compacted: number }>
  /**
   * Durable when it resolves, all or nothing. A rejection means that nothing was written; while the outcome is unknown
   * it waits and asks again, and says now and then how long it has waited.
   */
  append(changes: readonly Change[], onWaiting: (waitedMs: number) => void): Promise<void>
  /** Changes of a kind with after < revision <= upTo, in order, at most `limit`. */
  read(kind: string, after: number, upTo: number, limit: number): Promise<readonly Step[]>
  /** A page of the objects of a kind as they were at `revision`, by namespace and name; `remaining` counts those behind it. */
  readAt(kind: string, revision: number, page: Page): Promise<{ objects: readonly Change[]; remaining: number }>
  /** Forgets changes that a later one at or before `before` replaced, and deletions before it. */
  compact(before: number): Promise<void>
}

export const kindKey = (kind: StoredKind) => `${kind.group}/${kind.kind}`
/** Sorts as namespace, then name: no name holds U+0000. */
export const objectKey = (place: Place) => `${place.namespace}\0${place.name}`
export const describe = (ref: StoredRef) => `${ref.kind} ${ref.namespace === '' ? '' : `${ref.namespace}/`}${ref.name}`

/**
 * The object of a stored text, frozen: readers share it as long as one of them keeps it. Most texts hold no number beyond a
 * double and take the fast way.
 */
export function objectOf(change: { readonly text: string }): Resource {
  const known = objects.get(change)?.deref()
  if (known) return known
  const { text } = change
  const needsCare = /\d{16}/.test(text) || text.includes('__proto__')
  // What is stored went in as a Resource.
  const object = freezeJson((needsCare ? parseJson(text) : JSON.parse(text)) as Resource)
  objects.set(change, new WeakRef(object))
  return object
}

/** Text takes a third of the memory of its object, and most objects are looked at by nobody. */
const objects = new WeakMap<object, WeakRef<Resource>>()

/** The event that watchers share. */
export function eventOf({ change, old }: Step): WatchEvent {
  const { type, revision } = change
  const resourceVersion = String(revision)
  if (type !== 'MODIFIED' || old === undefined) return { type, object: objectOf(change), resourceVersion }
  return {
    type,
    object: objectOf(change),
    get old() {
      return objectOf(old)
    },
    resourceVersion,
  }
}
