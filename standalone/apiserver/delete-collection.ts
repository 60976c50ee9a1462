/** Deletes what a list with the same selectors shows. */
import { ApiError, type Resource } from '#api'
import { deleteObject, deleteOptions } from './delete.ts'
import type { ServedKind } from './kinds/served-kind.ts'
import { parseBody } from './request/request-body.ts'
import { selection } from './request/selection.ts'
import { json, type ServerRequest, type ServerResponse } from './request/server-request.ts'
import type { ServerContext } from './server-context.ts'
import { representation } from './table/representation.ts'

/** The list of what was there; objects that went meanwhile are no mistake. */
export async function deleteCollection(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  namespace: string | undefined,
): Promise<ServerResponse> {
  const body = request.body === '' ? {} : await parseBody(request.body, request.headers['content-type'] ?? '')
  const options = deleteOptions(request.query, body)
  const selected = selection(kind, request.query)
  const items: Resource[] = []
  for await (const object of context.objects.all(kind, namespace)) if (selected(object)) items.push(object)
  const remove = async ({ metadata }: Resource) => {
    try {
      await deleteObject(context, kind, metadata.namespace, metadata.name, { ...options, uid: metadata.uid })
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error
    }
  }
  for (let at = 0; at < items.length; at += AT_A_TIME) await Promise.all(items.slice(at, at + AT_A_TIME).map(remove))
  const resourceVersion = await context.objects.store.revision()
  return json(200, representation(kind, request, () => context.clock.now()).list(items, { resourceVersion }))
}

/** As many as share one commit of the store. */
const AT_A_TIME = 32
