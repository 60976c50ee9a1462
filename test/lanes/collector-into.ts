/** The collector in this process, writing to the store that the controllers read. */
import { TRIAL_UID_ANNOTATION } from '#api'
import { runCollector } from '#collector'
import { systemClock } from '#kube'
import type { BuiltInImage } from '#standalone'
import type { ObservationStore } from '#store'

export function collectorInto(observations: ObservationStore): BuiltInImage {
  return ({ pod, containerName, args, mounts, terminate, log }) =>
    runCollector({
      args,
      mounts,
      trialUid: pod.annotations[TRIAL_UID_ANNOTATION] ?? '',
      attempt: Math.floor(Date.parse(pod.creationTimestamp) / 1_000),
      stream: `${pod.uid}/${containerName}`,
      ended: terminate,
      sink: { report: async report => void (await observations.append(report)) },
      clock: systemClock,
      log,
    })
}
