/** Any kubeconfig, read by the Kubernetes client: exec plugins, identity providers, proxies, several files, impersonation. */
import type { RequestOptions } from 'node:https'
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node'
import type { Access } from './access.ts'
import { connections, type TlsOptions } from './https-transport.ts'

export function pluginAccess(path: string | undefined, context: string | undefined): Access {
  const config = new KubeConfig()
  if (path === undefined) config.loadFromDefault()
  else config.loadFromFile(path)
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error(`${path ?? 'the kubeconfig'} names no cluster in its current context`)
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace
  return {
    server: cluster.server,
    ...(namespace ? { namespace } : {}),
    async credentials() {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      return { headers: headersOf(options), tls: tlsOf(options), connect: () => connect(config, cluster.server) }
    },
  }
}

/** The client makes a new pool at each call, with the proxy that the kubeconfig names. */
async function connect(config: KubeConfig, server: string) {
  const asked = new RequestContext(server, HttpMethod.GET)
  await config.applySecurityAuthentication(asked)
  return asked.getDispatcher() ?? connections({})
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  return {
    ...Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const),
    ),
    ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}),
  }
}

function tlsOf({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): TlsOptions {
  // The client sets single PEMs, never lists of them.
  return { ca, cert, key, rejectUnauthorized, servername } as TlsOptions
}
