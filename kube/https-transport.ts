/** The API over HTTP(S), with undici: one connection pool, watches on connections of their own. */
import { Agent, type Dispatcher, request } from 'undici'
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
  const agent = new Agent({ connect: { ca: options.ca }, headersTimeout: 60_000, bodyTimeout: 0 })
  const authorization: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
  const credentials = () => Promise.resolve({ headers: authorization, dispatcher: agent as Dispatcher })
  return {
    ...overHttp(options.server, credentials),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/** `credentials` is asked before each request, so that tokens may be renewed. */
export function overHttp(
  server: string,
  credentials: () => Promise<{ headers: Record<string, string>; dispatcher: Dispatcher | undefined }>,
): Transport {
  return {
    async send(asked: KubeRequest): Promise<KubeResponse> {
      const { headers, dispatcher } = await credentials()
      const response = await request(new URL(asked.path, server), {
        method: asked.method,
        headers: { 'content-type': 'application/json', ...asked.headers, ...headers },
        ...(asked.body === undefined ? {} : { body: asked.body }),
        ...(asked.signal === undefined ? {} : { signal: asked.signal }),
        ...(dispatcher === undefined ? {} : { dispatcher }),
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
