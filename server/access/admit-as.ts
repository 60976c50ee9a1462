/** One who is known passes where he may do the same to the objects of the Kubernetes API. */
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../rest/problem.ts'
import type { AccessReviews, Identity, Right } from './access-reviews.ts'
import { rightOf } from './rights.ts'

/** Throws 403 without the right that the route takes; a route that checks rights itself gets its asker. */
export async function admitAs(request: FastifyRequest, identity: Identity, reviews: AccessReviews): Promise<void> {
  request.askedBy = identity.username
  if (request.routeOptions.config.checksRights) {
    const may = (right: Right) => answered(reviews.allows(identity, right))
    request.asker = { username: identity.username, may }
    return
  }
  const right = rightOf(request)
  if (right === undefined || (await answered(reviews.allows(identity, right)))) return
  throw new Refusal(403, deniedSentence(identity.username, right))
}

/** `jane may not list experiments.kubeflow.org in namespace team` */
export function deniedSentence(username: string, right: Right): string {
  const { verb, resource, subresource, group, namespace } = right
  const what = [resource, ...(subresource ? [subresource] : [])].join('/') + (group === '' ? '' : `.${group}`)
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`
  return `${username} may not ${verb} ${what} ${where}`
}

/** Nobody passes while nobody knows who he is; he may come again. */
export async function answered<T>(question: Promise<T>): Promise<T> {
  try {
    return await question
  } catch (cause) {
    throw new Refusal(503, `who asks is not known now: ${(cause as Error).message}`)
  }
}
