/** The clients over any transport. */
import { ApiError, type Resource, type ResourceRef } from '#api'
import { apiError, bodyOf } from './api-error.ts'
import type { ListOptions, ReadingClient, Subresource, WritingClient } from './client.ts'
import { collectionPath, Places, type Type } from './resource-path.ts'
import { type KubeRequest, type Transport, textOf } from './transport.ts'

const PAGE_SIZE = 500

export function createReadingClient(transport: Transport): ReadingClient {
  return new ApiClient(transport)
}

export function createClient(transport: Transport): WritingClient {
  return new ApiClient(transport)
}

class ApiClient implements WritingClient {
  readonly #transport: Transport
  readonly #places: Places

  constructor(transport: Transport) {
    this.#transport = transport
    this.#places = new Places(transport)
  }

  async get<T extends Resource>(ref: ResourceRef, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return (await this.#ask({ method: 'GET', path: await this.#path(ref, signal), signal })) as T
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async list<T extends Resource>(type: Type, options: ListOptions = {}, signal?: AbortSignal) {
    const place = await this.#places.of(type, signal)
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) })
    if (options.labelSelector) query.set('labelSelector', options.labelSelector)
    if (options.fieldSelector) query.set('fieldSelector', options.fieldSelector)
    const items: T[] = []
    for (;;) {
      const path = `${collectionPath(type, place, options.namespace)}?${query}`
      const page = (await this.#ask({ method: 'GET', path, signal })) as {
        items?: T[]
        metadata: { resourceVersion: string; continue?: string }
      }
      for (const item of page.items ?? []) items.push(complete(item, type))
      if (!page.metadata.continue) return { items, resourceVersion: page.metadata.resourceVersion }
      query.set('continue', page.metadata.continue)
    }
  }

  async *logs(
    pod: { namespace: string; name: string },
    options: { container?: string; follow?: boolean; tailLines?: number },
    signal?: AbortSignal,
  ): AsyncIterable<string> {
    const query = new URLSearchParams()
    if (options.container) query.set('container', options.container)
    if (options.follow) query.set('follow', 'true')
    if (options.tailLines !== undefined) query.set('tailLines', String(options.tailLines))
    const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log?${query}`
    const response = await this.#transport.send({ method: 'GET', path, headers: { accept: 'text/plain, */*' }, signal })
    if (response.status >= 300) throw apiError(response.status, await response.text())
    const decoder = new TextDecoder()
    for await (const chunk of response.chunks()) {
      yield textOf(chunk, decoder)
    }
  }

  async create<T extends Resource>(resource: T, options: { dryRun?: boolean } = {}, signal?: AbortSignal): Promise<T> {
    const place = await this.#places.of(resource, signal)
    const path = `${collectionPath(resource, place, resource.metadata.namespace)}${options.dryRun ? '?dryRun=All' : ''}`
    return (await this.#ask({ method: 'POST', path, body: resource, signal })) as T
  }

  async replace<T extends Resource>(resource: T, subresource?: Subresource, signal?: AbortSignal): Promise<T> {
    const { apiVersion, kind, metadata } = resource
    const ref = { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
    const path = await this.#path(ref, signal, subresource)
    return (await this.#ask({ method: 'PUT', path, body: resource, signal })) as T
  }

  async patch<T extends Resource>(
    ref: ResourceRef,
    patch: object,
    subresource?: Subresource,
    signal?: AbortSignal,
  ): Promise<T> {
    const path = await this.#path(ref, signal, subresource)
    const headers = { 'content-type': 'application/merge-patch+json' }
    return (await this.#ask({ method: 'PATCH', path, headers, body: patch, signal })) as T
  }

  async apply<T extends Resource>(resource: T, fieldManager: string, signal?: AbortSignal): Promise<T> {
    const { apiVersion, kind, metadata } = resource
    const path = await this.#path({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name }, signal)
    const query = new URLSearchParams({ fieldManager, force: 'true' })
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    return (await this.#ask({
      method: 'PATCH',
      path: `${path}?${query}`,
      headers,
      body: resource,
      signal,
    })) as T
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
      await this.#ask({ method: 'DELETE', path: await this.#path(ref, signal), body, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async #path(ref: ResourceRef, signal?: AbortSignal, subresource?: Subresource): Promise<string> {
    const place = await this.#places.of(ref, signal)
    const path = `${collectionPath(ref, place, ref.namespace)}/${encodeURIComponent(ref.name)}`
    return subresource ? `${path}/${subresource}` : path
  }

  async #ask(request: KubeRequest): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    }
    return bodyOf(await this.#transport.send({ ...request, headers }))
  }
}

/** Items of a list do not say what they are; everybody who reads them expects that they do. */
export function complete<T extends Resource>(item: T, type: Type): T {
  return item.kind === undefined ? Object.assign({ apiVersion: type.apiVersion, kind: type.kind }, item) : item
}

const isNotFound = (error: unknown) => error instanceof ApiError && error.code === 404
