/** Reading and writing objects through a transport. Every refusal is an `ApiError`. */
import type { Resource, ResourceRef } from '#api'

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** As the API has them; absent: the whole log of the container's present run, without times. */
export interface LogOptions {
  readonly container?: string
  readonly follow?: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  readonly timestamps?: boolean
  readonly previous?: boolean
  /** Only what came at or after it. */
  readonly since?: Date
}

/** What may only look. 404 on `get` is `undefined`; everything else that is no success throws `ApiError`. */
export interface ReadingClient {
  get<T extends Resource>(ref: ResourceRef, signal?: AbortSignal): Promise<T | undefined>
  /** The whole list, read in pages of 500. */
  list<T extends Resource>(
    type: { apiVersion: string; kind: string },
    options?: ListOptions,
    signal?: AbortSignal,
  ): Promise<{ items: readonly T[]; resourceVersion: string }>
  /** A container's log as text chunks. */
  logs(pod: { namespace: string; name: string }, options: LogOptions, signal?: AbortSignal): AsyncIterable<string>
}

export type Subresource = 'status' | 'scale'

/** What may also change. Handed only to the files that the house test names. */
export interface WritingClient extends ReadingClient {
  /** 409 AlreadyExists throws `ApiError`. `onWarning` hears what the server warns of in this answer. */
  create<T extends Resource>(
    resource: T,
    options?: { readonly dryRun?: boolean; onWarning?(text: string): void },
    signal?: AbortSignal,
  ): Promise<T>
  /** PUT; the resourceVersion in `resource`, if present, is the precondition. */
  replace<T extends Resource>(resource: T, subresource?: Subresource, signal?: AbortSignal): Promise<T>
  /**
   * RFC 7396 merge patch. `ref.uid` and a `metadata.resourceVersion` inside `patch` are preconditions: 409 Conflict where
   * the object is another or has changed.
   */
  patch<T extends Resource>(
    ref: ResourceRef,
    patch: object,
    subresource?: Subresource,
    signal?: AbortSignal,
  ): Promise<T>
  /** Server-side apply of exactly the fields of `resource`, owned by `fieldManager`, conflicts forced. A uid in `resource` is a precondition. For people's commands, never for controllers. */
  apply<T extends Resource>(resource: T, fieldManager: string, signal?: AbortSignal): Promise<T>
  /** 404 is success. `ref.uid` and `resourceVersion` are preconditions. */
  delete(
    ref: ResourceRef,
    options?: {
      propagation?: 'Background' | 'Foreground' | 'Orphan'
      resourceVersion?: string
      gracePeriodSeconds?: number
    },
    signal?: AbortSignal,
  ): Promise<void>
}
