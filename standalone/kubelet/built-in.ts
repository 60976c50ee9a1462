/** Images that run inside our process instead of as a program; handed in by `cli`. */

/** One container as a built-in image sees it: everything is resolved, every path is the trial's own directory. */
export interface BuiltInContainer {
  readonly pod: {
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
    /** RFC 3339; grows from one pod of a job to its replacement. */
    readonly creationTimestamp: string
  }
  readonly containerName: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDirectory: string
  /** Container path to directory on this machine, longest first. */
  readonly mounts: readonly { readonly mountPath: string; readonly directory: string }[]
  /** Appends to the container's log. */
  log(text: string): void
  /** Aborts like SIGTERM: the main containers are over (native sidecar) or the pod is being deleted. Finish, then return. */
  readonly terminate: AbortSignal
}

/** Resolves with the exit code. A rejection is exit code 1 with the error in the container's log. */
export type BuiltInImage = (container: BuiltInContainer) => Promise<number>
