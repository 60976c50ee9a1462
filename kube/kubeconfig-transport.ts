/** The API that a kubeconfig names. The Kubernetes client is loaded here only, for configuration and authentication. */
import { overHttp } from './https-transport.ts'
import type { Transport } from './transport.ts'

export interface KubeconfigTransport extends Transport {
  readonly server: string
  /** Of the current context; absent where it names none. */
  readonly namespace?: string
}

/** `path` absent: $KUBECONFIG, ~/.kube/config, or the pod's own account. Exec plugins and token renewal work as in kubectl. */
export async function kubeconfigTransport(path?: string, context?: string): Promise<KubeconfigTransport> {
  const { HttpMethod, KubeConfig, RequestContext } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  if (path === undefined) config.loadFromDefault()
  else config.loadFromFile(path)
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error(`${path ?? 'the kubeconfig'} names no cluster in its current context`)
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace
  const transport = overHttp(cluster.server, async () => {
    const asked = new RequestContext(cluster.server, HttpMethod.GET)
    await config.applySecurityAuthentication(asked)
    return { headers: asked.getHeaders(), dispatcher: asked.getDispatcher() }
  })
  return { ...transport, server: cluster.server, ...(namespace ? { namespace } : {}) }
}
