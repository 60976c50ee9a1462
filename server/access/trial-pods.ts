/** The trial that a pod is of, as its Kubernetes objects say: who may create pods in a namespace is trusted with its trials. */
import { attemptOf, type Resource, TRIAL_LABEL, TRIAL_UID_ANNOTATION } from '#api'
import type { ReadingClient } from '#kube'
import type { Identity } from './access-reviews.ts'

export interface TrialPod {
  readonly podName: string
  readonly namespace: string
  readonly trialName: string
  readonly trialUid: string
  readonly attempt: number
}

/** Undefined: the token is bound to no pod, or the pod is gone or no trial's. */
export async function trialPodOf(
  { username, extra = {} }: Identity,
  client: ReadingClient,
): Promise<TrialPod | undefined> {
  const [name, uid] = [POD_NAME, POD_UID].map(key => extra[key]?.[0])
  const namespace = /^system:serviceaccount:([^:]+):/.exec(username)?.[1]
  if (!name || !uid || !namespace) return undefined
  const pod = await client.get<Resource>({ apiVersion: 'v1', kind: 'Pod', namespace, name })
  return pod?.metadata.uid === uid ? ofTrial(pod) : undefined
}

/** What a pod's labels and annotations say. */
export function ofTrial({ metadata }: Resource): TrialPod | undefined {
  const trialName = metadata.labels?.[TRIAL_LABEL]
  const trialUid = metadata.annotations?.[TRIAL_UID_ANNOTATION]
  if (!trialName || !trialUid || !metadata.namespace) return undefined
  return {
    podName: metadata.name,
    namespace: metadata.namespace,
    trialName,
    trialUid,
    attempt: attemptOf(metadata.creationTimestamp),
  }
}

const POD_NAME = 'authentication.kubernetes.io/pod-name'
const POD_UID = 'authentication.kubernetes.io/pod-uid'

interface Pod extends Resource {
  readonly spec?: { readonly hostNetwork?: boolean }
  readonly status?: { readonly phase?: string }
}

/** The pods at an address, running or about to; one that shares its node's address is nobody in particular. */
export async function podsAt(address: string, client: ReadingClient): Promise<readonly Resource[]> {
  const { items } = await client.list<Pod>(
    { apiVersion: 'v1', kind: 'Pod' },
    { fieldSelector: `status.podIP=${address}` },
  )
  return items.filter(({ spec, status }) => !spec?.hostNetwork && /^(Pending|Running)$/.test(status?.phase ?? ''))
}
