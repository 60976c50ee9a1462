/** A node and a scheduler that never get a pod going, and say why in Kubernetes' own words. */
import { EXPERIMENT_LABEL, type Resource, refOf } from '#api'
import type { Lane } from './lane.ts'

/** What a kubelet says of an image that nobody has. */
export function unpullable(image: string): object {
  const message = `Back-off pulling image "${image}": ErrImagePull: failed to resolve reference "${image}": not found`
  const state = { waiting: { reason: 'ImagePullBackOff', message } }
  const status = { name: 'training-container', image, imageID: '', ready: false, restartCount: 0, state }
  return { phase: 'Pending', containerStatuses: [status] }
}

/** What a scheduler says of a pod that is too large. */
export const UNSCHEDULABLE = {
  phase: 'Pending',
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
    },
  ],
}

/** Pods of the experiments stay as `statuses` says, by name of the experiment, until it is disposed; deleted ones go at once. */
export function keepPodsStuck(
  { client, informers }: Pick<Lane, 'client' | 'informers'>,
  statuses: Readonly<Record<string, object>>,
  log: (line: string) => void,
): Disposable {
  const pods = informers.of<Resource>({ apiVersion: 'v1', kind: 'Pod' }, { labelSelector: EXPERIMENT_LABEL })
  const stick = (pod: Resource) => {
    const status = statuses[pod.metadata.labels?.[EXPERIMENT_LABEL] ?? '']
    if (status) client.patch(refOf(pod), { status }, 'status').catch(error => log(`stuck pod: ${error.message}`))
  }
  const release = (pod: Resource) => {
    if (!statuses[pod.metadata.labels?.[EXPERIMENT_LABEL] ?? '']) return
    client.delete(refOf(pod), { gracePeriodSeconds: 0 }).catch(error => log(`stuck pod: ${error.message}`))
  }
  const subscription = pods.onChange(({ type, object }) => {
    if (type === 'added') stick(object)
    else if (type === 'modified' && object.metadata.deletionTimestamp) release(object)
  })
  for (const pod of pods.list()) stick(pod)
  return subscription
}
