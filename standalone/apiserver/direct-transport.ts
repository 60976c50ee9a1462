/** The way to the server inside of its own process: no socket, and text only where somebody reads it. */
import { type KubeRequest, type KubeResponse, type Transport, textOf } from '#kube'
import { handle } from './handle.ts'
import type { ServerResponse } from './request/server-request.ts'
import type { ServerContext } from './server-context.ts'

export function directTransport(context: ServerContext, identity: string): Transport {
  return {
    async send({
      method,
      path,
      headers = {},
      body = '',
      signal = new AbortController().signal,
    }: KubeRequest): Promise<KubeResponse> {
      signal.throwIfAborted()
      if (context.closing.aborted) throw new Error('the embedded API server is closed')
      const url = new URL(path, 'http://localhost')
      const request = { method, path: url.pathname, query: url.searchParams, headers, body, identity, signal }
      const response = await handle(context, request)
      signal.throwIfAborted()
      return replyOf(response)
    },
  }
}

function replyOf({ status, body, warnings }: ServerResponse): KubeResponse {
  const contentType = 'json' in body ? 'application/json' : body.contentType
  const warning: Record<string, string> = warnings?.length ? { warning: warnings.map(warningText).join(', ') } : {}
  return {
    status,
    headers: { 'content-type': contentType, ...warning },
    ...('json' in body ? { json: body.json } : {}),
    async text() {
      if ('json' in body) return JSON.stringify(body.json)
      if ('text' in body) return body.text
      let text = ''
      const decoder = new TextDecoder()
      for await (const chunk of body.stream) text += textOf(chunk, decoder)
      return text
    },
    async *chunks() {
      if ('json' in body) yield JSON.stringify(body.json)
      else if ('text' in body) yield body.text
      else yield* body.stream
    },
  }
}

/** RFC 7234, section 5.5: code 299, no agent, a quoted text. */
export const warningText = (sentence: string) => `299 - ${JSON.stringify(sentence.replaceAll(/[^\x20-\x7e]/g, '?'))}`
