/** What a command works on, wherever its API is. */
import type { Trial } from '#api'
import type { Informers, Transport, WritingClient } from '#kube'

export interface BackEnd extends AsyncDisposable {
  readonly transport: Transport
  readonly client: WritingClient
  readonly informers: Informers
  readonly namespace: string
  /** For people: where this is. */
  readonly name: string
  /** Whether somebody reconciles what is here. */
  readonly served: 'yes' | 'no' | 'unknown'
  /** What was kept of a trial's log when its pod is gone. */
  logTail(trial: Trial): Promise<string | undefined>
  /** Says once on stderr that what was written waits for a server, where none runs. */
  remindUnserved(): void
}
