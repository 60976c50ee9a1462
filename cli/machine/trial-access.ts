/** How a trial that reports by itself reaches the server: an address and a token that is good for this trial alone, or a file. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  API_VERSION,
  attemptOf,
  COLLECTOR_IMAGE,
  type Resource,
  TRIAL_LABEL,
  TRIAL_UID_ANNOTATION,
  type Trial,
} from '#api'
import type { Informers } from '#kube'
import { trainerStatusPath, trialToken } from '#server'
import type { Ingest } from './ingest.ts'

interface PodSpec {
  readonly containers?: readonly { readonly image?: string }[]
  readonly initContainers?: readonly { readonly image?: string }[]
}

/** Nothing for a pod with a collector, whose programs print, and for pods that are no trial's. */
export async function trialAccess(
  pod: Resource,
  podDirectory: string,
  server: { url: string; token: string; ca: string },
): Promise<Readonly<Record<string, string>>> {
  const uid = trialUidOf(pod)
  if (uid === undefined) return {}
  const file = join(podDirectory, 'token')
  await writeFile(file, trialToken(server.token, uid, attemptOf(pod.metadata.creationTimestamp)), { mode: 0o600 })
  return {
    QALAM_SERVER_URL: server.url,
    QALAM_TOKEN_FILE: file,
    QALAM_NAMESPACE: pod.metadata.namespace ?? 'default',
    QALAM_METRICS_FILE: join(podDirectory, METRICS_FILE),
    ...trainerStatus(pod, server, file),
  }
}

/** What programs written for Kubeflow Trainer report to, as Hugging Face's callback does without being asked. */
function trainerStatus(
  { metadata }: Resource,
  server: { url: string; ca: string },
  tokenFile: string,
): Readonly<Record<string, string>> {
  const { namespace = 'default' } = metadata
  const trial = metadata.labels?.[TRIAL_LABEL]
  if (trial === undefined) return {}
  return {
    KUBEFLOW_TRAINER_SERVER_URL: `${server.url}${trainerStatusPath(namespace, trial)}`,
    KUBEFLOW_TRAINER_SERVER_CA_CERT: server.ca,
    KUBEFLOW_TRAINER_SERVER_TOKEN: tokenFile,
  }
}

const METRICS_FILE = 'pushed-metrics'

export interface FollowPushedOptions {
  readonly ingest: Pick<Ingest, 'follow'>
  readonly informers: Informers
  note(text: string): void
}

/** Follows the file of a pod whose trial reports by itself until `ended`. Resolves when all of it is durable. */
export async function followPushed(
  pod: Resource,
  podDirectory: string,
  { ingest, informers, note }: FollowPushedOptions,
  ended: AbortSignal,
): Promise<void> {
  const trialUid = trialUidOf(pod)
  if (trialUid === undefined || !isFirstOfItsJob(pod)) return
  const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
  await trials.synced()
  const name = pod.metadata.labels?.[TRIAL_LABEL] ?? ''
  const trial = trials.get(pod.metadata.namespace, name)
  if (trial?.metadata.uid !== trialUid) return
  const kind = trial.spec.metricsCollector?.collector?.kind
  if (kind !== 'Push' && kind !== 'None') return
  const file = {
    path: join(podDirectory, METRICS_FILE),
    objective: trial.spec.objective?.objectiveMetricName ?? '',
    trialUid,
    attempt: attemptOf(pod.metadata.creationTimestamp),
    stream: `${pod.metadata.uid}/${METRICS_FILE}`,
    bookmark: join(podDirectory, `${METRICS_FILE}.place`),
  }
  await ingest.follow(file, text => note(`trial ${name}: ${text.trimEnd()}`), ended)
}

/** Undefined for pods that are no trial's, and for those with a collector. */
function trialUidOf(pod: Resource): string | undefined {
  const { containers = [], initContainers = [] } = (pod.spec ?? {}) as PodSpec
  const isCollected = [...containers, ...initContainers].some(({ image }) => image === COLLECTOR_IMAGE)
  return isCollected ? undefined : pod.metadata.annotations?.[TRIAL_UID_ANNOTATION]
}

/** Of an indexed Job the first pod speaks: one that starts later must not count as the trial's newest attempt. */
const isFirstOfItsJob = ({ metadata }: Resource) =>
  (metadata.labels?.['batch.kubernetes.io/job-completion-index'] ?? '0') === '0'
