/** Getting one object and listing many. */
import type { Resource } from '#api'
import { type ServedKind, storedKind } from './kinds/served-kind.ts'
import { notFound } from './request/refusal.ts'
import { onlyName, selection } from './request/selection.ts'
import { json, naturalNumber, type ServerRequest, type ServerResponse } from './request/server-request.ts'
import type { ServerContext } from './server-context.ts'
import { representation } from './table/representation.ts'

export async function getObject(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  namespace: string | undefined,
  name: string,
): Promise<ServerResponse> {
  const object = await context.objects.get(kind, namespace, name)
  if (!object) throw notFound(kind, name)
  return json(200, representation(kind, request, () => context.clock.now()).one(object))
}

/**
 * A page of at most `limit` objects; without a limit, all of them. The store is read in slices, so a long list does not
 * hold up others. With a selector a page may be shorter than `limit` and still be followed by another.
 */
export async function listObjects(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  namespace: string | undefined,
): Promise<ServerResponse> {
  const { query } = request
  const form = representation(kind, request, () => context.clock.now())
  const limit = naturalNumber(query.get('limit')) ?? 0
  const selected = selection(kind, query)
  const name = namespace === undefined && kind.namespaced ? undefined : onlyName(query)
  if (name !== undefined && !query.get('continue')) {
    const resourceVersion = await context.objects.store.revision()
    const object = await context.objects.get(kind, namespace, name)
    return json(200, form.list(object && selected(object) ? [object] : [], { resourceVersion }))
  }
  const items: Resource[] = []
  let next = query.get('continue') || undefined
  for (;;) {
    const wanted = limit === 0 ? SLICE : Math.min(SLICE, limit - items.length)
    const page = await context.objects.store.list(storedKind(kind), { namespace, limit: wanted, continue: next })
    for (const item of page.items) if (selected(item)) items.push(item)
    next = page.continue
    if (next !== undefined && (limit === 0 || items.length < limit)) {
      await new Promise(resolve => setImmediate(resolve))
      continue
    }
    const isFiltered = Boolean(query.get('labelSelector') || query.get('fieldSelector'))
    const remaining = next !== undefined && !isFiltered && page.remaining ? { remainingItemCount: page.remaining } : {}
    return json(
      200,
      form.list(items, { resourceVersion: page.resourceVersion, ...(next ? { continue: next } : {}), ...remaining }),
    )
  }
}

/** Objects parsed at a time: about 2 ms. */
const SLICE = 250
