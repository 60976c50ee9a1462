/** A pod that somebody else makes for a trial, as it is created: what rendered pods have from their template. */
import { type AlgorithmSpec, type Resource, TRIAL_UID_ANNOTATION, type Trial } from '#api'
import { equipPods, type PodEquipment } from './equip-pods.ts'
import { injectCheckpoint } from './inject-checkpoint.ts'
import { injectCollector } from './inject-collector.ts'
import { type PodSpec, primaryContainer } from './pod-template.ts'

export interface PodSurroundings {
  /** Of the trial's experiment. */
  readonly algorithm: AlgorithmSpec | undefined
  /** Absent: whoever runs the pod brings the collector. */
  readonly equipment: PodEquipment | undefined
}

/**
 * A pod without the primary container comes back as it is, and so does one that has been injected before. Of several pods
 * those that are not primary get the trial's labels and environment.
 */
export function injectPod(pod: Resource, trial: Trial, { algorithm, equipment }: PodSurroundings): Resource {
  if (pod.metadata.annotations?.[TRIAL_UID_ANNOTATION] !== undefined) return pod
  if (!primaryContainer((pod.spec ?? {}) as PodSpec, trial)) return pod
  const injected = injectCollector(injectCheckpoint(pod, trial, algorithm), trial, algorithm?.algorithmName)
  return equipment ? equipPods(injected, trial, equipment) : injected
}
