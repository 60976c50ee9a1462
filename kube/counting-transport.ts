/** Says what was asked of the API, in the words of its audit log: for metrics and for budgets of requests. */
import type { KubeRequest, Transport } from './transport.ts'

export interface CountedRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
  /** Plural and subresource, `trials/status`; empty for discovery and other paths that name no resource. */
  readonly resource: string
  /** HTTP status; 0 where no response came. */
  readonly code: number
}

/** Calls `onRequest` once a response's status is known, for a watch when it begins, and when none came. */
export function countingTransport(transport: Transport, onRequest: (request: CountedRequest) => void): Transport {
  return {
    async send(request) {
      const { verb, resource } = meaningOf(request)
      try {
        const response = await transport.send(request)
        onRequest({ verb, resource, code: response.status })
        return response
      } catch (error) {
        onRequest({ verb, resource, code: 0 })
        throw error
      }
    },
  }
}

function meaningOf({ method, path }: KubeRequest): Pick<CountedRequest, 'verb' | 'resource'> {
  const { pathname, searchParams } = new URL(path, 'http://api')
  const parts = pathname.split('/').slice(1)
  // api/VERSION/... and apis/GROUP/VERSION/...; then namespaces/NAME/ where more than a namespace is meant.
  const within = parts.slice(parts[0] === 'api' ? 2 : 3)
  const isScoped = within[0] === 'namespaces' && within.length > 2 && !ofNamespaces.includes(within[2])
  const [plural = '', name, subresource] = isScoped ? within.slice(2) : within
  const isWatch = ['true', '1'].includes(searchParams.get('watch') ?? '')
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`
  return { verb: verbOf(method, name === undefined, isWatch), resource }
}

/** A namespace's own subresources. */
const ofNamespaces = ['status', 'finalize']

function verbOf(method: KubeRequest['method'], isCollection: boolean, isWatch: boolean): CountedRequest['verb'] {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isWatch) return 'watch'
      return isCollection ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return isCollection ? 'deletecollection' : 'delete'
  }
}
