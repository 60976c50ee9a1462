/** `GET .../pods/NAME/log`. */
import type { Resource } from '#api'
import type { ServedKind } from '../kinds/served-kind.ts'
import { badRequest, notFound } from '../request/refusal.ts'
import { isObject } from '../request/request-body.ts'
import { isTrue, naturalNumber, type ServerRequest, type ServerResponse } from '../request/server-request.ts'
import type { ServerContext } from '../server-context.ts'

/** The log as text, whatever the client accepts. The first chunk is awaited, so a refusal still has its status. */
export async function readPodLog(
  context: ServerContext,
  request: ServerRequest,
  kind: ServedKind,
  namespace: string | undefined,
  name: string,
): Promise<ServerResponse> {
  const pod = await context.objects.get(kind, namespace, name)
  if (!pod) throw notFound(kind, name)
  const { query } = request
  const container = containerOf(pod, query.get('container') || undefined)
  const follow = isTrue(query.get('follow'))
  const options = {
    container,
    follow,
    tailLines: naturalNumber(query.get('tailLines')),
    since: sinceOf(query, context.clock.now()),
    limitBytes: naturalNumber(query.get('limitBytes')),
    timestamps: isTrue(query.get('timestamps')),
    previous: isTrue(query.get('previous')),
  }
  const until = AbortSignal.any([request.signal, context.closing])
  const of = { namespace: pod.metadata.namespace ?? '', name, uid: pod.metadata.uid ?? '' }
  const chunks = context.logs.read(of, options, until)[Symbol.asyncIterator]()
  const first = follow ? undefined : await chunks.next()
  return { status: 200, body: { stream: chunksFrom(chunks, first), contentType: TEXT } }
}
const TEXT = 'text/plain'

async function* chunksFrom(
  chunks: AsyncIterator<Uint8Array>,
  first: IteratorResult<Uint8Array> | undefined,
): AsyncIterable<Uint8Array> {
  try {
    for (let next = first ?? (await chunks.next()); !next.done; next = await chunks.next()) yield next.value
  } finally {
    void chunks.return?.()
  }
}

function containerOf(pod: Resource, wanted: string | undefined): string {
  const spec = isObject(pod.spec) ? pod.spec : {}
  const names = (list: unknown) =>
    Array.isArray(list) ? list.map(one => String((one as { name?: unknown }).name)) : []
  const main = names(spec.containers)
  const all = [...names(spec.initContainers), ...main]
  const { name } = pod.metadata
  const chosen =
    wanted ??
    pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'] ??
    (main.length === 1 ? main[0] : undefined)
  if (chosen === undefined)
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]`)
  if (!all.includes(chosen)) throw badRequest(`container ${chosen} is not valid for pod ${name}`)
  return chosen
}

function sinceOf(query: URLSearchParams, now: Date): Date | undefined {
  const seconds = naturalNumber(query.get('sinceSeconds'))
  if (seconds !== undefined) return new Date(now.getTime() - seconds * 1_000)
  const time = query.get('sinceTime')
  if (!time) return undefined
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) throw badRequest(`sinceTime: expected an RFC 3339 time, got ${JSON.stringify(time)}`)
  return at
}
