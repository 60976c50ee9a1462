/** The contract of a reconciler: read, plan; `act.ts` does. */
import type { Resource, ResourceRef } from '#api'

/** Makes one kind of resource true. Level-based: it sees what is, never what happened. */
export interface Reconciler<T extends Resource, World extends { readonly self: T }> {
  readonly kind: T['kind']
  readonly owns: readonly string[]
  /** All reading and all slow computing. `undefined`: the resource is gone. */
  read(ref: ResourceRef, signal: AbortSignal): Promise<World | undefined>
  /** All deciding. Pure, so it is tested by a table of worlds without any fake client. */
  plan(world: World, now: Date): Plan<T>
}

/** A merge patch that carries the resourceVersion it was decided on. */
export interface ResourcePatch {
  readonly ref: ResourceRef
  readonly patch: object
  readonly subresource?: 'status'
}

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Whom it is about; absent: the object of the plan. */
  readonly about?: Resource
}

/** All doing, as data, carried out in this order for every kind. Never server-side apply: it would overwrite strangers. */
export interface Plan<T extends Resource> {
  /**
   * `status` is written before everything else, even where it says nothing new: who decided on an older `self` is refused
   * and does nothing of the plan. For what must not happen twice although its trace may be gone.
   */
  readonly claims?: true
  /** Exists already: owner uid and index equal: adopted, else condition NameTaken. */
  readonly create?: readonly Resource[]
  readonly patch?: readonly ResourcePatch[]
  /** With the uid as precondition. */
  readonly delete?: readonly ResourceRef[]
  /** One write with resourceVersion, skipped when equal. */
  readonly status?: T['status']
  /** Only after the status write succeeded. */
  readonly events?: readonly PlannedEvent[]
  readonly requeueAfterMs?: number
}
