/** What the embedded server asks of whoever runs pods: their logs. The kubelet implements it. */

export interface PodLogOptions {
  /** Absent: the only container, or the one named by the annotation `kubectl.kubernetes.io/default-container`. */
  readonly container?: string
  /** Goes on until the container ends for good or the signal aborts. */
  readonly follow?: boolean
  readonly tailLines?: number
  /** Only what was written at or after. */
  readonly since?: Date
  readonly limitBytes?: number
  /** Each line begins with its RFC 3339 time. */
  readonly timestamps?: boolean
  /** The container's run before the present one. */
  readonly previous?: boolean
}

/**
 * Reads a container's log. The server has checked that the pod and the container exist.
 * Throws `ApiError` (400 BadRequest with a sentence) where there is no log yet or no longer, before the first chunk.
 */
export interface PodLogs {
  read(
    pod: { readonly namespace: string; readonly name: string; readonly uid: string },
    options: PodLogOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>
}
