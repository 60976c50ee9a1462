/** How a planted bug reaches into what the controllers send and see. */
import type { Resource } from '#api'
import type { Chunk, KubeRequest, KubeResponse, Transport } from '#kube'
import { answering, isList, isWatch } from './fault-transport.ts'

/** A write of one object, taken apart. */
export interface Write {
  readonly request: KubeRequest
  /** Of what is written: `trials`, `jobs`, `experiments`, ... */
  readonly plural: string
  readonly isStatus: boolean
  /** A copy: change it and send it. */
  readonly body: Resource & { status?: { conditions?: readonly Condition[] } & Record<string, unknown> }
  /** Sends `body` as it is then. */
  send(): Promise<KubeResponse>
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** `tamper` sends each write itself, or something else; undefined: the write goes as it is. */
export function onWrites(
  transport: Transport,
  tamper: (write: Write, transport: Transport) => Promise<KubeResponse> | undefined,
): Transport {
  return {
    send(request) {
      if (request.method === 'GET') return transport.send(request)
      const parts = (request.path.split('?')[0] ?? '').split('/')
      const body = structuredClone(typeof request.body === 'string' ? JSON.parse(request.body) : (request.body ?? {}))
      const from = parts.indexOf('namespaces')
      const write: Write = {
        request,
        plural: parts[from + 2] ?? '',
        isStatus: parts.at(-1) === 'status',
        body,
        send: () => transport.send({ ...request, body }),
      }
      return tamper(write, transport) ?? transport.send(request)
    },
  }
}

/** What the controllers see of a kind, in lists, watches and replies, is what `change` makes of it. */
export function onViews(transport: Transport, kind: string, change: (object: Resource) => Resource): Transport {
  const changed = (value: unknown) => {
    const object = value as Resource | undefined
    return object?.kind === kind && object.metadata ? change(structuredClone(object)) : object
  }
  async function* chunks(response: KubeResponse): AsyncIterable<Chunk> {
    for await (const chunk of response.chunks()) {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) throw new Error('a watch of this world is no text')
      const event = chunk.event as { type: string; object: Resource }
      yield event.type === 'BOOKMARK' ? chunk : { event: { ...event, object: changed(event.object) } }
    }
  }
  return {
    async send(request) {
      const response = await transport.send(request)
      if (isWatch(request)) return { ...response, chunks: () => chunks(response) }
      if (response.status >= 300 || request.method === 'DELETE' || request.path.includes('/log')) return response
      const body = response.json ?? JSON.parse(await response.text())
      if (!isList(request)) return answering(response.status, changed(body) as object)
      const items = (body as { items: Resource[] }).items.map(item =>
        changed({ ...item, kind: item.kind ?? kindOf(body) }),
      )
      return answering(200, { ...(body as object), items })
    },
  }
}

/** Items of a list need not say their kind. */
const kindOf = (list: unknown) => (list as Resource).kind.replace(/List$/, '')

export const lastCondition = ({ body }: Write) => body.status?.conditions?.at(-1)
export const isEnd = ({ body }: Write) =>
  Boolean((body.status as { completionTime?: string } | undefined)?.completionTime)
export const isMark = ({ body }: Write) =>
  body.status?.conditions?.some(({ reason, status }) => reason === 'Stopping' && status === 'True') ?? false
