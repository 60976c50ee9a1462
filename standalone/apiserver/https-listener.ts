/**
 * The way to the server from other processes: HTTPS on loopback with a bearer token.
 *
 * A page in the user's browser can reach loopback too, so besides the token, which it cannot know, the Host must be a
 * loopback name (else a foreign name points here) and no Origin may be sent.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { ServerResponse as HttpResponse, IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ApiError } from '#api'
import type { Chunk } from '#kube'
import { warningText } from './direct-transport.ts'
import { handle, refused } from './handle.ts'
import { jsonOfProtobuf } from './request/protobuf.ts'
import { MAX_BODY_BYTES, tooLarge } from './request/request-body.ts'
import { routeOf } from './request/route.ts'
import type { ServerResponse } from './request/server-request.ts'
import { reviewAt } from './reviews.ts'
import type { ServerContext } from './server-context.ts'

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number
  readonly host: '127.0.0.1'
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string }
  readonly token: string
}

export interface Listener extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
}

/** Rejects with the system's error (EADDRINUSE, EACCES) when the port cannot be had. */
export async function listenHttps(context: ServerContext, options: ListenOptions): Promise<Listener> {
  const { key, cert } = options.tls
  const isToken = comparison(options.token)
  const server = createServer({ key, cert, keepAliveTimeout: 65_000, requestTimeout: 30_000 })
  server.on('request', (incoming: IncomingMessage, outgoing: HttpResponse) => {
    answer(context, isToken, incoming, outgoing).catch(error => {
      context.log(`apiserver: ${incoming.method} ${incoming.url}: ${(error as Error).message}`)
      outgoing.destroy()
    })
  })
  await started(server, options)
  const { port } = server.address() as AddressInfo
  return {
    url: `https://${options.host}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function started(server: Server, { port, host }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function answer(
  context: ServerContext,
  isToken: (text: string) => boolean,
  incoming: IncomingMessage,
  outgoing: HttpResponse,
): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  let response: ServerResponse
  try {
    requireLocal(incoming)
    requireToken(incoming, isToken)
    const bytes = await bodyOf(incoming)
    const headers = plainHeaders(incoming)
    const isProtobuf = bytes.length > 0 && (headers['content-type'] ?? '').includes('protobuf')
    const url = new URL(incoming.url ?? '/', 'https://localhost')
    // What is not served at all is told before anything is said about how the body is written.
    if (isProtobuf && !reviewAt(url.pathname)) routeOf(url.pathname, context.kinds)
    response = await handle(context, {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: isProtobuf ? { ...headers, 'content-type': 'application/json' } : headers,
      body: isProtobuf ? jsonOfProtobuf(bytes) : bytes.toString('utf8'),
      identity: identityOf(incoming),
      signal: gone.signal,
    })
  } catch (reason) {
    response = refused(reason, context)
  }
  await send(response, incoming, outgoing, gone.signal)
}

async function send(
  { status, body, warnings = [] }: ServerResponse,
  incoming: IncomingMessage,
  outgoing: HttpResponse,
  gone: AbortSignal,
): Promise<void> {
  const headers: Record<string, string | string[]> = {
    'content-type': 'json' in body ? 'application/json' : body.contentType,
    'cache-control': 'no-cache, private',
  }
  if (warnings.length > 0) headers.warning = warnings.map(warningText)
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (!incoming.complete) headers.connection = 'close'
  if (!('stream' in body)) {
    const text = 'json' in body ? JSON.stringify(body.json) : body.text
    outgoing.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) })
    outgoing.end(incoming.method === 'HEAD' ? undefined : text)
    return
  }
  outgoing.writeHead(status, headers)
  outgoing.flushHeaders()
  for await (const chunk of body.stream) {
    if (gone.aborted) return
    if (!outgoing.write(printed(chunk))) await drained(outgoing, gone)
  }
  outgoing.end()
}

const printed = (chunk: Chunk) =>
  typeof chunk === 'object' && 'event' in chunk ? `${JSON.stringify(chunk.event)}\n` : chunk

/** A reader that has stopped reading ends with its connection. */
function drained(outgoing: HttpResponse, gone: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      outgoing.off('drain', done)
      gone.removeEventListener('abort', done)
      resolve()
    }
    outgoing.once('drain', done)
    gone.addEventListener('abort', done, { once: true })
    if (gone.aborted) done()
  })
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    // What is a little too large is read to its end: many clients hear no answer before they have sent everything.
    if (size > MAX_BODY_BYTES) chunks.length = 0
    else chunks.push(chunk)
    if (size > MAX_READ_BYTES) throw tooLarge()
  }
  if (size > MAX_BODY_BYTES) throw tooLarge()
  return Buffer.concat(chunks)
}
const MAX_READ_BYTES = 16 * MAX_BODY_BYTES

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

function requireLocal({ headers }: IncomingMessage): void {
  if (!loopbackHost.test(headers.host ?? '') || headers.origin !== undefined)
    throw new ApiError(
      403,
      'Forbidden',
      'this server answers programs on this machine only: Host must be a loopback name, without Origin',
    )
}

function requireToken({ headers }: IncomingMessage, isToken: (text: string) => boolean): void {
  const [scheme, token] = (headers.authorization ?? '').split(' ')
  if (!/^bearer$/i.test(scheme) || !isToken(token ?? '')) throw new ApiError(401, 'Unauthorized', 'Unauthorized')
}

/** Compares digests, so that the time it takes tells nothing. */
function comparison(token: string): (text: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const wanted = digest(token)
  return text => timingSafeEqual(digest(text), wanted)
}

/** The program's name, from its user agent. */
const identityOf = ({ headers }: IncomingMessage) =>
  (headers['user-agent'] ?? '').split(/[/ ]/)[0].slice(0, 40) || 'client'

function plainHeaders({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}
