/** What all handlers share. */
import type { Clock } from '#kube'
import type { Admit, Rewrite } from './admission.ts'
import type { ServedKinds } from './kinds/served-kinds.ts'
import type { PodLogs } from './pod/pod-logs.ts'
import type { RequestLog } from './request/request-log.ts'
import type { StoredObjects } from './stored-objects.ts'

export interface ServerContext {
  readonly objects: StoredObjects
  readonly kinds: ServedKinds
  readonly admit: Readonly<Record<string, Admit>>
  readonly rewrite: Readonly<Record<string, Rewrite>>
  readonly clock: Clock
  readonly logs: PodLogs
  readonly requests: RequestLog
  log(line: string): void
  /** Aborts when the server closes: watches and followed logs end. */
  readonly closing: AbortSignal
}

/** RFC 3339 with whole seconds, as Kubernetes writes its times. */
export const timeText = (at: Date) => `${at.toISOString().slice(0, 19)}Z`
