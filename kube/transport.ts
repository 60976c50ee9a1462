/** How a request reaches a Kubernetes API: over HTTPS, or by a direct call into the embedded server. */

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  /** Path with its query, `/apis/kubeflow.org/v1beta1/namespaces/default/trials?limit=500`. */
  readonly path: string
  /** Lower-case names. `content-type` is application/json where a body is given without one. */
  readonly headers?: Readonly<Record<string, string>>
  /** JSON text, or an object that is sent as JSON and that nobody changes any more. */
  readonly body?: string | object
  readonly signal?: AbortSignal
}

export interface KubeResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body where it never was text: frozen and shared. Absent: ask `text`. */
  readonly json?: unknown
  /** The whole body. Call either this or `chunks`, once. */
  text(): Promise<string>
  /** The body as it arrives: watches and followed logs. Ends when the server ends it or the signal aborts. */
  chunks(): AsyncIterable<Chunk>
}

/** Bytes or text, cut anywhere; or one whole event of a watch that never was text, frozen and shared. */
export type Chunk = Uint8Array | string | { readonly event: unknown }

/**
 * One way to the API. Any HTTP status is a response, not an error; it throws only when no response came
 * (refused, reset, aborted, timed out), and then the outcome of a write is unknown.
 */
export interface Transport {
  send(request: KubeRequest): Promise<KubeResponse>
}

/** A chunk as text; an event is its line. */
export function textOf(chunk: Chunk, decoder: TextDecoder): string {
  if (typeof chunk === 'string') return chunk
  return chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : `${JSON.stringify(chunk.event)}\n`
}
