/** The API over HTTP(S), with undici, which is loaded by the first request: who stays in its process never pays for it. */
import type { Dispatcher } from 'undici'
import type { KubeRequest, KubeResponse, Transport } from './transport.ts'

export interface HttpsOptions {
  /** `https://127.0.0.1:6443` */
  readonly server: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string
  readonly token?: string
}

/** A transport to `server`; disposing closes its connections. */
export function httpsTransport(options: HttpsOptions): Transport & AsyncDisposable {
  const headers: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
  let dispatcher: Promise<Dispatcher> | undefined
  return {
    ...overHttp(options.server, async () => {
      dispatcher ??= connections(options.ca === undefined ? {} : { ca: options.ca })
      return { headers, dispatcher: await dispatcher }
    }),
    async [Symbol.asyncDispose]() {
      await (await dispatcher)?.destroy()
    },
  }
}

/** TLS as node:tls names it. */
export interface TlsOptions {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/**
 * A pool of HTTP/1.1 connections that grows with demand: a watch keeps its connection to itself, so no number of watches
 * holds up a request. Idle connections close after a minute, before the API server closes them (90 s): a handshake costs
 * both sides more than a request. TCP keep-alive finds a dead peer.
 */
export async function connections(tls: TlsOptions): Promise<Dispatcher> {
  const { Agent } = await import('undici')
  const keepAliveTimeout = 60_000
  return new Agent({
    allowH2: false,
    keepAliveTimeout,
    connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 },
  })
}

/** `credentials` is asked before each request, so that tokens may be renewed. */
export function overHttp(
  server: string,
  credentials: () => Promise<{ headers: Record<string, string>; dispatcher: Dispatcher }>,
): Transport {
  let undici: Promise<typeof import('undici')> | undefined
  return {
    async send(asked: KubeRequest): Promise<KubeResponse> {
      // Asked for each time, the module loader would take a fortieth of a busy controller's time.
      undici ??= import('undici')
      const [{ request }, { headers, dispatcher }] = await Promise.all([undici, credentials()])
      const { method, path, body, signal } = asked
      const response = await request(new URL(path, server), {
        method,
        headers: {
          'user-agent': 'qalam',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...asked.headers,
          ...headers,
        },
        dispatcher,
        // A DELETE has a body here, as the API says; without this its connection would end with it.
        reset: false,
        headersTimeout: HEADERS_TIMEOUT_MS,
        // A quiet watch or log is no fault; its reader decides how long quiet is too long.
        bodyTimeout: isEndless(path) ? 0 : BODY_TIMEOUT_MS,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      })
      return {
        status: response.statusCode,
        headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
        text: () => response.body.text(),
        chunks: () => response.body as AsyncIterable<Uint8Array>,
      }
    },
  }
}

const isEndless = (path: string) => /[?&](watch|follow)=(true|1)(&|$)/.test(path)

/** An API server ends requests that are no watch after 60 s by itself. */
const HEADERS_TIMEOUT_MS = 65_000
/** Between two pieces of one reply; longer means that the connection is dead. */
const BODY_TIMEOUT_MS = 30_000
