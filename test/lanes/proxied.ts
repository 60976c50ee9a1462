/** A way to a real API server that leads through a faulty proxy. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import type { RealCluster } from '../support/real-cluster.ts'
import { type FaultyProxy, type FaultyProxyOptions, startFaultyProxy } from './faulty-proxy.ts'

/** Writes a kubeconfig of the administrator, or of `user`, whose server is the proxy, to `path`. */
export async function proxied(
  cluster: RealCluster,
  weather: Pick<FaultyProxyOptions, 'faults' | 'seed' | 'share'>,
  path: string,
  user?: object,
): Promise<{ readonly proxy: FaultyProxy; readonly path: string }> {
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8'))
  const { server, 'certificate-authority': authority } = config.clusters[0].cluster
  const proxy = await startFaultyProxy({ server, ca: readFileSync(authority, 'utf8'), ...weather })
  config.clusters[0].cluster = { server: proxy.url }
  if (user) config.users[0].user = user
  writeFileSync(path, stringify(config), { mode: 0o600 })
  return { proxy, path }
}
