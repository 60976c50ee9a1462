/** Whether Katib's own controller works on this cluster: two that create the trials of one experiment would run each twice. */
import type { Resource } from '#api'
import type { ReadingClient } from '#kube'
import { CommandError, EXIT } from './exit.ts'

/** Katib's leader election, off unless its administrator turned it on. */
const KATIB_LEASE = '3fbc96e9.katib.kubeflow.org'
const KATIB_CONTROLLER = 'katib.kubeflow.org/component=controller'

interface Lease extends Resource {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly renewTime?: string
    readonly leaseDurationSeconds?: number
  }
}

/** Throws `CommandError` in one sentence that says how to switch. */
export async function refuseBesideKatib(client: ReadingClient, namespace: string, now: Date): Promise<void> {
  const seen = (await holderOf(client, namespace, now)) ?? (await podOf(client, namespace))
  if (seen === undefined) return
  throw new CommandError(
    EXIT.conflict,
    `${seen} works on this cluster: scale it down (kubectl -n ${namespace} scale deployment katib-controller --replicas=0), then start again; its experiments go on here`,
  )
}

async function holderOf(client: ReadingClient, namespace: string, now: Date): Promise<string | undefined> {
  const type = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
  const lease = await client.get<Lease>({ ...type, namespace, name: KATIB_LEASE })
  const { holderIdentity, renewTime = '', leaseDurationSeconds = 15 } = lease?.spec ?? {}
  const isFresh = now.getTime() - Date.parse(renewTime) < leaseDurationSeconds * 1_000
  return holderIdentity && isFresh ? `Katib's controller ${holderIdentity}` : undefined
}

async function podOf(client: ReadingClient, namespace: string): Promise<string | undefined> {
  const type = { apiVersion: 'v1', kind: 'Pod' }
  const { items } = await client.list(type, { namespace, labelSelector: KATIB_CONTROLLER })
  const living = items.find(({ metadata, status }) => {
    const { phase } = (status ?? {}) as { phase?: string }
    return phase !== 'Succeeded' && phase !== 'Failed' && !metadata.deletionTimestamp
  })
  return living && `Katib's controller, pod ${living.metadata.name},`
}
