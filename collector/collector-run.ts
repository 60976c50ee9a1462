/** What a collector is told of the trial that it runs beside. */
import type { Sink } from './collector.ts'
import type { CollectorClock } from './following/file-watch.ts'
import type { Mount } from './mounts.ts'

export interface CollectorRun {
  /** Katib's flags, as `inject` writes them. */
  readonly args: readonly string[]
  readonly trialUid: string
  /** Counts restarts of the trial's pod from 0. */
  readonly attempt: number
  /** Pod UID and container. Reading the same files again under the same stream reports nothing twice. */
  readonly stream: string
  /**
   * A file of ours in which the place in the followed file is kept, so that after a crash a file that was rotated, replaced or
   * truncated meanwhile is not taken for what was read before. Absent: what is there is read from sequence 0.
   */
  readonly bookmark?: string
  /** Where container paths lie on this machine, longest first; absent: they are what they say. */
  readonly mounts?: readonly Mount[]
  /**
   * Every stopping rule of the flags has held: says so where the controller sees it. The program is stopped once it resolves.
   * Absent: nobody would hear it, and the rules are not looked at.
   */
  onStopRules?(): Promise<void>
  /** The file of standard output is emptied when so much of it was read; default 64 MiB. */
  readonly stdoutCapBytes?: number
  /** Where processes are shown; default `/proc`. */
  readonly proc?: string
  /** The container's own log: what the trial printed, then what the collector has to say. */
  log(text: string): void
  /** The trial's processes are over: look once more, then finish. */
  readonly ended: AbortSignal
  readonly sink: Sink
  readonly clock: CollectorClock
}
