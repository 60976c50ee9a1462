/** Where a kind lives in the API: a table of known kinds, discovery for the others. */
import { ApiError, parseJson } from '#api'
import { apiError } from './api-error.ts'
import type { Transport } from './transport.ts'

export interface Type {
  readonly apiVersion: string
  readonly kind: string
}

/** A kind's place: its plural and whether its objects are in namespaces. */
export interface Place {
  readonly plural: string
  readonly namespaced: boolean
}

const known: Readonly<Record<string, Place>> = {
  'v1/Namespace': { plural: 'namespaces', namespaced: false },
  'v1/Node': { plural: 'nodes', namespaced: false },
  'v1/Pod': { plural: 'pods', namespaced: true },
  'v1/ConfigMap': { plural: 'configmaps', namespaced: true },
  'v1/Secret': { plural: 'secrets', namespaced: true },
  'v1/Event': { plural: 'events', namespaced: true },
  'v1/Service': { plural: 'services', namespaced: true },
  'v1/ServiceAccount': { plural: 'serviceaccounts', namespaced: true },
  'v1/PersistentVolumeClaim': { plural: 'persistentvolumeclaims', namespaced: true },
  'batch/v1/Job': { plural: 'jobs', namespaced: true },
  'apps/v1/Deployment': { plural: 'deployments', namespaced: true },
  'coordination.k8s.io/v1/Lease': { plural: 'leases', namespaced: true },
  'apiextensions.k8s.io/v1/CustomResourceDefinition': { plural: 'customresourcedefinitions', namespaced: false },
  'kubeflow.org/v1beta1/Experiment': { plural: 'experiments', namespaced: true },
  'kubeflow.org/v1beta1/Suggestion': { plural: 'suggestions', namespaced: true },
  'kubeflow.org/v1beta1/Trial': { plural: 'trials', namespaced: true },
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export const versionPath = (apiVersion: string) =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`

/** The path of a collection: of one namespace, of all where none is given, or of a cluster-scoped kind. */
export function collectionPath(type: Type, place: Place, namespace: string | undefined): string {
  const scope = place.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${versionPath(type.apiVersion)}${scope}/${place.plural}`
}

/** Finds the place of any kind; asks the server once per API version, and again for a kind that is unknown or forgotten. */
export class Places {
  readonly #transport: Transport
  readonly #found = new Map<string, Place>(Object.entries(known))

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Without a request for known kinds. Throws `ApiError` NotFound for a kind the server does not serve. */
  async of(type: Type, signal?: AbortSignal): Promise<Place> {
    const key = `${type.apiVersion}/${type.kind}`
    const place = this.#found.get(key)
    if (place) return place
    await this.#discover(type.apiVersion, signal)
    const discovered = this.#found.get(key)
    if (discovered) return discovered
    throw new ApiError(404, 'NotFound', `the server does not serve kind ${type.kind} of ${type.apiVersion}`)
  }

  /** The server says that nothing is there: the kind may be gone, or be served elsewhere since its definition was made anew. */
  forget(type: Type): void {
    this.#found.delete(`${type.apiVersion}/${type.kind}`)
  }

  async #discover(apiVersion: string, signal: AbortSignal | undefined): Promise<void> {
    const response = await this.#transport.send({
      method: 'GET',
      path: versionPath(apiVersion),
      headers: { accept: 'application/json' },
      signal,
    })
    const text = await response.text()
    // An API version that nobody serves is an answer; a server that is away is none.
    if (response.status === 404) return
    if (response.status !== 200) throw apiError(response.status, text, response.headers)
    const { resources = [] } = parseJson(text) as { resources?: { name: string; kind: string; namespaced: boolean }[] }
    for (const { name, kind, namespaced } of resources) {
      if (!name.includes('/')) this.#found.set(`${apiVersion}/${kind}`, { plural: name, namespaced })
    }
  }
}
