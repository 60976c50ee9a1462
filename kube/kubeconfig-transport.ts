/** The API that a kubeconfig names, over connections that are kept between requests. */
import { isDeepStrictEqual } from 'node:util'
import type { Dispatcher } from 'undici'
import type { Access, Credentials } from './access.ts'
import { type Clock, systemClock } from './clock.ts'
import { connections, overHttp } from './https-transport.ts'
import { plainAccess } from './plain-access.ts'
import type { Transport } from './transport.ts'

export interface KubeconfigTransport extends Transport, AsyncDisposable {
  readonly server: string
  /** Of the current context; absent where it names none. */
  readonly namespace?: string
  /** The same API over connections of their own, asked as whoever has the token; they end with this transport. */
  as(token: string): Transport
}

/** Files and plugins are asked so often, and after a 401; Kubernetes renews tokens long before they end. As client-go. */
const RENEWED_MS = 10_000

/**
 * `path` absent: $KUBECONFIG, ~/.kube/config, or the pod's own account. Exec plugins and token renewal work as in kubectl.
 * Disposing closes the connections.
 */
export async function kubeconfigTransport(
  path?: string,
  context?: string,
  clock: Clock = systemClock,
): Promise<KubeconfigTransport> {
  const access = (await plainAccess(path, context)) ?? (await accessOfPlugins(path, context))
  const own = new KeptConnections()
  const foreign = new KeptConnections()
  const closing = new AbortController()
  let known: { readonly atMs: number; readonly credentials: Promise<Credentials> } | undefined
  const credentialsNow = () => {
    if (known === undefined || clock.monotonicMs() - known.atMs >= RENEWED_MS)
      known = { atMs: clock.monotonicMs(), credentials: access.credentials() }
    return known.credentials.catch(error => {
      known = undefined
      throw error
    })
  }
  const closable = (inner: Transport): Transport => ({
    async send(request) {
      const either = [closing.signal, ...(request.signal ? [request.signal] : [])]
      return inner.send({ ...request, signal: AbortSignal.any(either) })
    },
  })
  const transport = closable(
    overHttp(access.server, async () => {
      const credentials = await credentialsNow()
      return { headers: credentials.headers, dispatcher: await own.of(credentials) }
    }),
  )
  return {
    async send(request) {
      const response = await transport.send(request)
      if (response.status === 401) known = undefined
      return response
    },
    as: token =>
      closable(
        overHttp(access.server, async () => {
          // Our own certificate would say that it is us.
          const { cert: _cert, key: _key, ...tls } = (await credentialsNow()).tls
          const dispatcher = await foreign.of({ headers: {}, tls, connect: () => connections(tls) })
          return { headers: { authorization: `Bearer ${token}` }, dispatcher }
        }),
      ),
    server: access.server,
    ...(access.namespace ? { namespace: access.namespace } : {}),
    async [Symbol.asyncDispose]() {
      // Also what is under way on an older pool.
      closing.abort(new Error('the transport is closed'))
      await Promise.all([own.destroy(), foreign.destroy()])
    },
  }
}

/** Loads the Kubernetes client, which costs most of a second and 80 MiB or more: only for what needs it. */
async function accessOfPlugins(path: string | undefined, context: string | undefined): Promise<Access> {
  const { pluginAccess } = await import('./plugin-access.ts')
  return pluginAccess(path, context)
}

/** One pool as long as the certificates stay the same; requests under way end on the pool that they began on. */
class KeptConnections {
  #current: { readonly tls: Credentials['tls']; readonly dispatcher: Promise<Dispatcher> } | undefined

  of({ tls, connect }: Credentials): Promise<Dispatcher> {
    const last = this.#current
    if (last && isDeepStrictEqual(last.tls, tls)) return last.dispatcher
    const current = { tls, dispatcher: connect() }
    this.#current = current
    // What could not be opened is opened by the next request, which hears of the trouble if it lasts.
    current.dispatcher.catch(() => {
      if (this.#current === current) this.#current = undefined
    })
    last?.dispatcher.then(dispatcher => dispatcher.close()).catch(() => {})
    return current.dispatcher
  }

  async destroy(): Promise<void> {
    await (await this.#current?.dispatcher.catch(() => undefined))?.destroy()
  }
}
