/** Whether a controller leads on a cluster, told by the lease that it renews. */
import type { Resource } from '#api'
import type { ReadingClient } from '#kube'

/** Of every `qalam controller`. */
export const LEASE = 'qalam-controller'
const NAMESPACE = 'kubeflow'

interface Lease extends Resource {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly renewTime?: string
  }
}

/** `unknown`: there is no lease where it usually is, or no right to read it. */
export async function leading(
  client: ReadingClient,
  now: Date,
  namespace = NAMESPACE,
): Promise<'yes' | 'no' | 'unknown'> {
  try {
    const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: LEASE }
    const lease = await client.get<Lease>(ref)
    if (lease === undefined) return 'unknown'
    const { holderIdentity, leaseDurationSeconds = 15, renewTime } = lease.spec ?? {}
    const isRenewed =
      renewTime !== undefined && Date.parse(renewTime) + leaseDurationSeconds * 1_000 + SKEW_MS > now.getTime()
    return holderIdentity && isRenewed ? 'yes' : 'no'
  } catch {
    return 'unknown'
  }
}

/** This machine's clock and the leader's may differ by so much. */
const SKEW_MS = 10_000
