/** Which right of the cluster a REST request takes: the Kubernetes verb on the Kubernetes object. */
import type { FastifyRequest } from 'fastify'
import { GROUP } from '#api'
import type { Right } from './access-reviews.ts'

/** `undefined`: whoever the cluster knows may ask, since the answer is the same for all. */
export function rightOf(request: Pick<FastifyRequest, 'method' | 'params' | 'routeOptions'>): Right | undefined {
  const { url = '' } = request.routeOptions
  const { namespace, name, trial } = request.params as { namespace?: string; name?: string; trial?: string }
  // Counts of all namespaces.
  if (url === '/metrics') return { verb: 'list', group: GROUP, resource: 'experiments' }
  if (!url.includes('/experiments') && !url.includes('/trials')) return undefined
  const place = namespace === undefined ? {} : { namespace }
  if (url.endsWith('/logs')) return { verb: 'get', group: '', resource: 'pods', subresource: 'log', ...place }
  const isOfTrial = url.includes('/trials')
  const resource = isOfTrial ? 'trials' : 'experiments'
  const object = isOfTrial ? trial : name
  const verb = verbOf(request.method, object !== undefined)
  return { verb, group: GROUP, resource, ...place, ...(object === undefined ? {} : { name: nameOf(object) }) }
}

function verbOf(method: string, isOne: boolean): string {
  if (method === 'GET' || method === 'HEAD') return isOne ? 'get' : 'list'
  if (method === 'DELETE') return 'delete'
  return isOne ? 'patch' : 'create'
}

/** `NAME:stop` is a verb on NAME. */
const nameOf = (object: string) => object.split(':')[0] as string
