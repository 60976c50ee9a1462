/** Events of pods and Jobs, as a scheduler, a kubelet and a Job controller write them: told beside the work, which never waits. */
import { createHash } from 'node:crypto'
import { ApiError, type Resource, rfc3339 } from '#api'
import { type Clock, TokenBucket, type WritingClient } from '#kube'

export interface ClusterEvent {
  readonly about: Resource
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly by: 'default-scheduler' | 'kubelet' | 'job-controller'
  /** The part of the object that it is about, for example `spec.containers{main}`. */
  readonly fieldPath?: string
}

export interface EventRecorderOptions {
  readonly client: WritingClient
  readonly clock: Clock
  readonly nodeName: string
  readonly signal: AbortSignal
  log(line: string): void
}

/**
 * Normal events are limited, as a kubelet limits its own: where trials end within moments nobody reads each start, and every
 * event is a durable write. Warnings are always written.
 */
const NORMAL = { perSecond: 10, burst: 60 }

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #normal: TokenBucket

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#normal = new TokenBucket({ clock: options.clock, ...NORMAL })
  }

  /** Written once, also over restarts of the server: the name follows from what it says, and of whom. */
  record(event: ClusterEvent): void {
    if (event.type === 'Warning' || this.#normal.tryTake()) void this.#write(event)
  }

  async #write(event: ClusterEvent): Promise<void> {
    const { client, signal, log } = this.#options
    const { kind, metadata } = event.about
    try {
      await client.create(this.#resource(event), {}, signal)
    } catch (error) {
      // Told before, or the namespace is going.
      if (signal.aborted || (error instanceof ApiError && [403, 404, 409].includes(error.code))) return
      log(`event of ${kind} ${metadata.name}: ${(error as Error).message}`)
    }
  }

  #resource({ about, type, reason, message, by, fieldPath }: ClusterEvent): Resource {
    const { apiVersion, kind } = about
    const { name, namespace = 'default', uid = '', resourceVersion } = about.metadata
    const { nodeName, clock } = this.#options
    const text = `${uid}/${fieldPath ?? ''}/${reason}/${message}`
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16)
    const now = rfc3339(clock.now())
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 200)}.${digest}`, namespace },
      involvedObject: {
        ...{ apiVersion, kind, namespace, name, uid, resourceVersion },
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message: message.slice(0, 1_024),
      source: { component: by, ...(by === 'kubelet' ? { host: nodeName } : {}) },
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      reportingComponent: by,
      reportingInstance: nodeName,
    }
  }
}
