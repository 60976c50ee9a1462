/** Which file is meant by a question for a pod's log. */
import { existsSync } from 'node:fs'
import { ApiError } from '#api'
import { aborted } from '#kube'
import type { PodLogOptions } from '../apiserver/pod/pod-logs.ts'
import { readLog } from './container-logs.ts'
import { logPath } from './container-run.ts'
import type { PodRun } from './pod-run.ts'
import type { Pod } from './pod-types.ts'

export interface LoggedPod {
  readonly pod: Pod | undefined
  /** Absent: nothing of it runs any more. */
  readonly run: PodRun | undefined
  readonly directory: string
}

/** Of the container's present run, or of the one before. Waits for a run that is about to begin where it is followed. */
export async function* podLog(
  { pod, run: podRun, directory }: LoggedPod,
  options: PodLogOptions,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const container = options.container ?? defaultContainer(pod)
  const run = podRun?.container(container)
  const statuses = [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])]
  const restarts = run?.restartCount ?? statuses.find(status => status.name === container)?.restartCount ?? 0
  const wanted = options.previous ? restarts - 1 : restarts
  if (wanted < 0) {
    const name = pod?.metadata.name ?? ''
    throw new ApiError(400, 'BadRequest', `previous terminated container ${container} in pod ${name} not found`)
  }
  const path = logPath(directory, container, wanted)
  if (options.follow && run && !existsSync(path)) await Promise.race([run.running, aborted(signal)])
  const ended = run && !options.previous && run.end === undefined ? run.run() : undefined
  yield* readLog({ path, ...(ended ? { ended } : {}) }, options, signal)
}

function defaultContainer(pod: Pod | undefined): string {
  const named = pod?.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  return named ?? pod?.spec.containers[0]?.name ?? ''
}
