/** Requests to a store process: one pool as long as its authority stays the same, the token of the moment on each. */
import type { Dispatcher } from 'undici'
import { Unavailable } from '../store.ts'
import { STILL_HERE_MS } from './wire.ts'

export interface RemoteAccess {
  readonly token: string
  /** PEM of the authority of the store's certificate; absent: plain HTTP, or a public one. */
  readonly ca?: string
}

export class Connections implements AsyncDisposable {
  readonly #url: string
  readonly #access: () => Promise<RemoteAccess>
  readonly #pools: { readonly ca: string | undefined; readonly dispatcher: Dispatcher }[] = []

  constructor(url: string, access: () => Promise<RemoteAccess>) {
    this.#url = url
    this.#access = access
  }

  /** The body of a success. Rejects with `Unavailable` where none came; else the error has the store's own words. */
  async send(method: Dispatcher.HttpMethod, path: string, body?: object, signal?: AbortSignal) {
    const { request } = await import('undici')
    const { token, ca } = await this.#access()
    const response = await request(new URL(path, this.#url), {
      method,
      dispatcher: await this.#poolOf(ca),
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: 3 * STILL_HERE_MS,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch(cause => {
      throw new Unavailable(`the observation store ${this.#url} does not answer: ${causeOf(cause)}`, { cause })
    })
    if (response.statusCode < 300) return response.body as AsyncIterable<Uint8Array>
    const sentence = `the observation store answered ${response.statusCode}: ${(await response.body.text()).slice(0, 500)}`
    throw response.statusCode < 500 ? new Error(sentence) : new Unavailable(sentence)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pools.map(({ dispatcher }) => dispatcher.destroy()))
  }

  /** Requests under way end on the pool that they began on. */
  async #poolOf(ca: string | undefined): Promise<Dispatcher> {
    const { Agent } = await import('undici')
    const current = this.#pools.at(-1)
    if (current && current.ca === ca) return current.dispatcher
    const dispatcher = new Agent({ allowH2: false, connect: ca === undefined ? {} : { ca } })
    this.#pools.push({ ca, dispatcher })
    return dispatcher
  }
}

const HEADERS_TIMEOUT_MS = 30_000

/** Several addresses that refuse are one error without words of its own. */
function causeOf(cause: unknown): string {
  const { message, code, errors } = cause as { message?: string; code?: string; errors?: readonly Error[] }
  return message || errors?.map(error => error.message).join(', ') || code || 'no reason'
}
