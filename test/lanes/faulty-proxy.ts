/**
 * An HTTP proxy on loopback in front of a real API server, that does to requests and watches what bad days do; by seed.
 *
 *   delay       the answer is late                            cut      a watch ends at any byte
 *   drop        the request arrives nowhere                   gone     a watch, or a list, is answered 410
 *   reset       the request arrives, its answer does not      rewind   a list is answered as it was some revisions ago
 *   duplicate   the request arrives twice                     409, 429, 500, 503 are answered at once
 *
 * or, for as long as a test says, the same to every request.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { sfc32 } from '../sim/sample.ts'

export const proxyFaults = ['delay', 'drop', 'reset', 'duplicate', 'cut', 'gone', 'rewind', 409, 429, 500, 503] as const
export type ProxyFault = (typeof proxyFaults)[number]

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string
  /** How often each fault happened. */
  readonly done: ReadonlyMap<ProxyFault, number>
  /** How many requests came, whatever became of them. */
  readonly requestCount: number
  /** From now on nothing goes wrong. */
  calm(): void
  /**
   * For so many milliseconds, or until `lasting` settles, this happens to every request that it can happen to; connections that
   * are open, watches too, are cut. Then it is calm, and nobody knows any more what was before: watches from a version of that
   * time are answered 410.
   */
  storm(fault: ProxyFault, lasting: number | Promise<unknown>): Promise<void>
}

export interface FaultyProxyOptions {
  /** https, with the authority that it is known by. */
  readonly server: string
  readonly ca: string
  readonly faults: readonly ProxyFault[]
  readonly seed: number
  /** Of requests that something happens to, in [0, 1]. */
  readonly share: number
}

const MAX_DELAY_MS = 400
const MAX_BYTES_OF_A_WATCH = 6_000
const MAX_REVISIONS_BACK = 12
const reasons = {
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}
/** Where each can happen; the others happen to any request. */
const onlyWatches: readonly ProxyFault[] = ['cut']
const onlyLists: readonly ProxyFault[] = ['rewind']
const onlyReads: readonly ProxyFault[] = ['gone']
const onlyWrites: readonly ProxyFault[] = ['duplicate', 409]

export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const { server, ca, share } = options
  const random = sfc32(options.seed)
  const agent = new Agent({ ca, keepAlive: true })
  const done = new Map<ProxyFault, number>()
  let isCalm = false
  let storming: ProxyFault | undefined
  let requestCount = 0
  let revision = 0
  let forgotten = 0

  function faultFor(incoming: IncomingMessage): ProxyFault | undefined {
    const isRead = incoming.method === 'GET'
    const isWatch = isRead && incoming.url?.includes('watch=')
    if (isWatch && storming === undefined && since(incoming) <= forgotten) return happened('gone')
    if (storming === undefined && (isCalm || random() >= share)) return undefined
    const isList = isRead && incoming.url?.includes('limit=')
    const fits = (storming === undefined ? options.faults : [storming]).filter(
      fault =>
        (!onlyWatches.includes(fault) || isWatch) &&
        (!onlyLists.includes(fault) || isList) &&
        (!onlyReads.includes(fault) || isWatch || isList) &&
        (!onlyWrites.includes(fault) || !isRead),
    )
    return happened(fits[Math.floor(random() * fits.length)])
  }

  function happened(fault: ProxyFault | undefined): ProxyFault | undefined {
    if (fault !== undefined) done.set(fault, (done.get(fault) ?? 0) + 1)
    return fault
  }

  function forward(incoming: IncomingMessage, path: string, body: string): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const url = new URL(server)
    const to: RequestOptions = { agent, host: url.hostname, port: url.port, path, method: incoming.method ?? 'GET' }
    const outgoing = request(
      { ...to, headers: { ...endToEnd(incoming.headers), host: url.host, 'content-length': Buffer.byteLength(body) } },
      resolve,
    )
    outgoing.on('error', reject)
    outgoing.end(body)
    return promise
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming)
    const fault = faultFor(incoming)
    let path = incoming.url ?? '/'
    if (typeof fault === 'number') return refuse(response, fault)
    if (fault === 'gone') return refuse(response, 410)
    if (fault === 'drop') return void incoming.socket.destroy()
    if (fault === 'delay') await delay(random() * MAX_DELAY_MS)
    if (fault === 'rewind' && revision > MAX_REVISIONS_BACK)
      path = asOf(path, revision - Math.ceil(random() * MAX_REVISIONS_BACK))
    if (fault === 'duplicate') await text(await forward(incoming, path, body))
    const answer = await forward(incoming, path, body)
    if (fault === 'reset') {
      answer.destroy()
      return void incoming.socket.destroy()
    }
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers))
    response.flushHeaders()
    response.once('close', () => answer.destroy())
    let left = fault === 'cut' ? Math.ceil(random() * MAX_BYTES_OF_A_WATCH) : Number.POSITIVE_INFINITY
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (const [, seen] of chunk.toString('latin1').matchAll(/"resourceVersion":"(\d+)"/g))
        revision = Math.max(revision, Number(seen))
      response.write(chunk.subarray(0, Math.min(left, chunk.length)))
      left -= chunk.length
      if (left <= 0) return void incoming.socket.destroySoon()
    }
    response.end()
  }

  const listener = createServer((incoming, response) => {
    requestCount++
    serve(incoming, response).catch(() => incoming.socket.destroy())
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    done,
    get requestCount() {
      return requestCount
    },
    calm() {
      isCalm = true
    },
    async storm(fault, lasting) {
      storming = fault
      listener.closeAllConnections()
      await (typeof lasting === 'number' ? delay(lasting) : lasting)
      storming = undefined
      isCalm = true
      forgotten = revision
    },
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections()
      await new Promise(resolve => listener.close(resolve))
      agent.destroy()
    },
  }
}

/** 429 as from the API server's own limits: no Status. */
function refuse(response: ServerResponse, code: keyof typeof reasons): void {
  if (code === 429) {
    response.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' })
    return void response.end('Too many requests, please try again later.\n')
  }
  const reason = reasons[code]
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message: reason }
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(status))
}

/** The version that a watch goes on from. */
function since({ url = '/' }: IncomingMessage): number {
  return Number(new URL(url, 'http://api').searchParams.get('resourceVersion') ?? Number.POSITIVE_INFINITY)
}

/** The list as it was at `revision`. */
function asOf(path: string, revision: number): string {
  const url = new URL(path, 'http://api')
  if (url.searchParams.has('continue')) return path
  url.searchParams.set('resourceVersion', String(revision))
  url.searchParams.set('resourceVersionMatch', 'Exact')
  return `${url.pathname}${url.search}`
}

/** Without what is meant for one connection, RFC 9110 7.6.1; the body is sent anew. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const {
    connection: _,
    'transfer-encoding': __,
    'keep-alive': ___,
    'content-length': ____,
    'accept-encoding': _____,
    ...rest
  } = headers
  return rest
}
