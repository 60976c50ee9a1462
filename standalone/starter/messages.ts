/** What the server and the starter process say to each other: one JSON object a line. */

/** Everything to run one container once. Every path is on this machine. */
export interface Program {
  /** Holds claim and exit code of this run; a run is identified by it, for ever. */
  readonly directory: string
  /** Made before the program starts, with their parents. */
  readonly directories: readonly string[]
  /** Written before the program starts, by path. */
  readonly files: Readonly<Record<string, FileToWrite>>
  readonly workingDirectory: string
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly argv: readonly string[]
  /** Takes stdout and stderr in order. */
  readonly log: string
  /** Read at the end for `tail`: the first that is not empty. */
  readonly tailOf: readonly string[]
  /** The program's own last words, if it writes them. */
  readonly messageFile?: string
}

export interface FileToWrite {
  /** In base64. */
  readonly content: string
  /** Permissions; absent: as the process makes files. */
  readonly mode?: number
}

export type Request =
  | { readonly is: 'start'; readonly id: number; readonly program: Program }
  | { readonly is: 'signal'; readonly id: number; readonly signal: 'SIGTERM' | 'SIGKILL' }

export interface Ended {
  /** `lost`: it ran, and neither the process nor its exit code is there. `refused`: it could not be started. */
  readonly how: 'exited' | 'lost' | 'refused'
  /** Of `exited`; 128 plus the signal's number for a program that a signal ended. */
  readonly code?: number
  /** Of `refused`. */
  readonly reason?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly finishedAt: number
  /** The end of what it printed, at most 64 KiB. */
  readonly tail: string
  /** The content of `messageFile`, at most 4 KiB. */
  readonly message: string
}

export type Report =
  | { readonly is: 'started'; readonly id: number; readonly startedAt: number; readonly adopted: boolean }
  | ({ readonly is: 'ended'; readonly id: number } & Ended)
