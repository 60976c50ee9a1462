/** Warning events of a pod that is in trouble: `kubectl describe` shows their text, and no status has a place for it. */
import { createHash } from 'node:crypto'
import { ApiError, type Resource, rfc3339 } from '#api'
import type { Clock, WritingClient } from '#kube'
import type { Container, Pod } from './pod-types.ts'

export interface PodEventsOptions {
  readonly client: WritingClient
  readonly clock: Clock
  readonly nodeName: string
  readonly signal: AbortSignal
  log(line: string): void
}

export class PodEvents {
  readonly #options: PodEventsOptions
  /** Names of the events that were written, by the pod's uid. */
  readonly #told = new Map<string, Set<string>>()

  constructor(options: PodEventsOptions) {
    this.#options = options
  }

  /** Writes it once for a pod, also over restarts of the server: the name follows from the text. */
  async warn(pod: Pod, container: Container, reason: string, message: string): Promise<void> {
    const { client, signal, log } = this.#options
    const event = this.#event(pod, container, reason, message)
    const { uid = '' } = pod.metadata
    const told = this.#told.get(uid) ?? new Set<string>()
    if (told.has(event.metadata.name)) return
    this.#told.set(uid, told.add(event.metadata.name))
    try {
      await client.create(event, {}, signal)
    } catch (error) {
      if (signal.aborted || (error instanceof ApiError && (error.code === 409 || error.code === 404))) return
      log(`event of pod ${pod.metadata.name}: ${(error as Error).message}`)
    }
  }

  forget(uid: string): void {
    this.#told.delete(uid)
  }

  #event(pod: Pod, container: Container, reason: string, message: string): Resource {
    const { name, namespace, uid = '', resourceVersion } = pod.metadata
    const { nodeName, clock } = this.#options
    const digest = createHash('sha256')
      .update(`${uid}/${container.name}/${reason}/${message}`)
      .digest('hex')
      .slice(0, 16)
    const list = pod.spec.initContainers?.includes(container) ? 'initContainers' : 'containers'
    const now = rfc3339(clock.now())
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${digest}`, namespace },
      involvedObject: {
        ...{ apiVersion: 'v1', kind: 'Pod', namespace, name, uid, resourceVersion },
        fieldPath: `spec.${list}{${container.name}}`,
      },
      type: 'Warning',
      reason,
      message,
      source: { component: 'kubelet', host: nodeName },
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
    }
  }
}
