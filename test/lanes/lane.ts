/** What every lane of our controllers begins with. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createClient,
  createInformers,
  type Informers,
  type KubeconfigTransport,
  kubeconfigTransport,
  systemClock,
  type WritingClient,
} from '#kube'
import type { RealCluster } from '../support/real-cluster.ts'
import { establishDefinitions } from './until.ts'

export interface Lane {
  readonly transport: KubeconfigTransport
  readonly client: WritingClient
  readonly informers: Informers
}

/** Clients of the cluster, which serves our definitions then; they end with `running`, and so does the cluster. */
export async function enter(
  cluster: RealCluster,
  { running, log }: { readonly running: AsyncDisposableStack; log(line: string): void },
): Promise<Lane> {
  running.use(cluster)
  const transport = running.use(await kubeconfigTransport(cluster.kubeconfig))
  const client = createClient(transport)
  const informers = running.use(createInformers({ transport, clock: systemClock, log }))
  await establishDefinitions(client, informers)
  return { transport, client, informers }
}

/** Of the lane alone; other accounts of the machine may pass through it. */
export function laneDirectory(running: AsyncDisposableStack): string {
  const directory = mkdtempSync(join(tmpdir(), 'qalam-lane-'))
  chmodSync(directory, 0o711)
  running.defer(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}
