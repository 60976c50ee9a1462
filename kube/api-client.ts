/** The clients over any transport. */
import { ApiError, type Resource, type ResourceRef, refOf } from '#api'
import { apiError, bodyOf } from './api-error.ts'
import type { ListOptions, LogOptions, ReadingClient, Subresource, WritingClient } from './client.ts'
import { listPages } from './list-pages.ts'
import { collectionPath, Places, type Type } from './resource-path.ts'
import { type KubeRequest, type Transport, textOf } from './transport.ts'
import { onceEach, warningsOf } from './warning.ts'

export interface ClientOptions {
  /** Hears what servers warn of, each text once. Default: nobody does. */
  onWarning?(text: string): void
  /** What servers do with fields that a kind does not have, in `create` and `apply`. Default: each as it likes. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
}

export function createReadingClient(transport: Transport, options: ClientOptions = {}): ReadingClient {
  return new ApiClient(transport, options)
}

export function createClient(transport: Transport, options: ClientOptions = {}): WritingClient {
  return new ApiClient(transport, options)
}

class ApiClient implements WritingClient {
  readonly #transport: Transport
  readonly #places: Places
  readonly #warn: (text: string) => void
  readonly #validation: { readonly fieldValidation?: string }

  constructor(transport: Transport, { onWarning = () => {}, fieldValidation }: ClientOptions) {
    this.#transport = transport
    this.#places = new Places(transport)
    this.#warn = onceEach(onWarning)
    this.#validation = fieldValidation ? { fieldValidation } : {}
  }

  async get<T extends Resource>(ref: ResourceRef, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return (await this.#askAt(ref, { method: 'GET', signal })) as T
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async list<T extends Resource>(type: Type, options: ListOptions = {}, signal?: AbortSignal) {
    const { namespace, labelSelector, fieldSelector } = options
    const query = { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) }
    return this.#inCollection(type, namespace, signal, path =>
      listPages<T>(type, query, page => this.#ask({ method: 'GET', path: `${path}?${page}`, signal })),
    )
  }

  async *logs(
    pod: { namespace: string; name: string },
    options: LogOptions,
    signal?: AbortSignal,
  ): AsyncIterable<string> {
    const query = new URLSearchParams()
    if (options.container) query.set('container', options.container)
    for (const switched of ['follow', 'timestamps', 'previous'] as const)
      if (options[switched]) query.set(switched, 'true')
    for (const count of ['tailLines', 'limitBytes'] as const)
      if (options[count] !== undefined) query.set(count, String(options[count]))
    if (options.since) query.set('sinceTime', options.since.toISOString())
    const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log?${query}`
    const response = await this.#transport.send({ method: 'GET', path, headers: { accept: 'text/plain, */*' }, signal })
    if (response.status >= 300) throw apiError(response.status, await response.text(), response.headers)
    const decoder = new TextDecoder()
    for await (const chunk of response.chunks()) {
      yield textOf(chunk, decoder)
    }
  }

  async create<T extends Resource>(
    resource: T,
    options: Parameters<WritingClient['create']>[1] = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const query = new URLSearchParams({ ...(options.dryRun ? { dryRun: 'All' } : {}), ...this.#validation })
    const after = query.size > 0 ? `?${query}` : ''
    return (await this.#inCollection(resource, resource.metadata.namespace, signal, path =>
      this.#ask({ method: 'POST', path: `${path}${after}`, body: resource, signal }, options.onWarning),
    )) as T
  }

  async replace<T extends Resource>(resource: T, subresource?: Subresource, signal?: AbortSignal): Promise<T> {
    const asked = { method: 'PUT', body: resource, signal } as const
    return (await this.#askAt(refOf(resource), asked, subresource && `/${subresource}`)) as T
  }

  async patch<T extends Resource>(
    ref: ResourceRef,
    patch: object,
    subresource?: Subresource,
    signal?: AbortSignal,
  ): Promise<T> {
    const meant = ref.uid
      ? { ...patch, metadata: { ...(patch as { metadata?: object }).metadata, uid: ref.uid } }
      : patch
    const headers = { 'content-type': 'application/merge-patch+json' }
    const asked = { method: 'PATCH', headers, body: meant, signal } as const
    return (await this.#askAt(ref, asked, subresource && `/${subresource}`).catch(conflictOfUid)) as T
  }

  async apply<T extends Resource>(resource: T, fieldManager: string, signal?: AbortSignal): Promise<T> {
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    const asked = { method: 'PATCH', headers, body: resource, signal } as const
    const query = new URLSearchParams({ fieldManager, force: 'true', ...this.#validation })
    return (await this.#askAt(refOf(resource), asked, `?${query}`).catch(conflictOfUid)) as T
  }

  async delete(
    ref: ResourceRef,
    options: {
      propagation?: 'Background' | 'Foreground' | 'Orphan'
      resourceVersion?: string
      gracePeriodSeconds?: number
    } = {},
    signal?: AbortSignal,
  ): Promise<void> {
    const { propagation, resourceVersion, gracePeriodSeconds } = options
    const preconditions = { ...(ref.uid ? { uid: ref.uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(propagation ? { propagationPolicy: propagation } : {}),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(Object.keys(preconditions).length > 0 ? { preconditions } : {}),
    }
    try {
      await this.#askAt(ref, { method: 'DELETE', body, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  /** `after`: what follows the name in the path, a subresource or a query. */
  #askAt(ref: ResourceRef, asked: Omit<KubeRequest, 'path'>, after = ''): Promise<unknown> {
    return this.#inCollection(ref, ref.namespace, asked.signal, path =>
      this.#ask({ ...asked, path: `${path}/${encodeURIComponent(ref.name)}${after}` }),
    )
  }

  /** Where the server finds nothing at the collection's path, it is asked once whether the kind has moved. */
  async #inCollection<T>(
    type: Type,
    namespace: string | undefined,
    signal: AbortSignal | undefined,
    work: (path: string) => Promise<T>,
  ): Promise<T> {
    const find = async () => collectionPath(type, await this.#places.of(type, signal), namespace)
    const path = await find()
    try {
      return await work(path)
    } catch (error) {
      if (!isNotFound(error) || error.details?.name !== undefined) throw error
      this.#places.forget(type)
      const latest = await find()
      if (latest === path) throw error
      return work(latest)
    }
  }

  async #ask(request: KubeRequest, warn = this.#warn): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    }
    const response = await this.#transport.send({ ...request, headers })
    for (const text of warningsOf(response.headers)) warn(text)
    return bodyOf(response)
  }
}

const isNotFound = (error: unknown): error is ApiError => error instanceof ApiError && error.code === 404

/** To a patch that names the uid of an object that is gone, servers say that the uid of its successor cannot be changed. */
function conflictOfUid(error: unknown): never {
  const causes = error instanceof ApiError && error.code === 422 ? error.details?.causes : undefined
  const isUid = Array.isArray(causes) && causes.some(({ field }) => field === 'metadata.uid')
  if (!isUid) throw error
  const { message, details } = error as ApiError
  throw new ApiError(409, 'Conflict', message, { ...(details ? { details } : {}), cause: error })
}
