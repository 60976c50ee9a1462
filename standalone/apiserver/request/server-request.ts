/** A request as the handlers see it, and what they answer; how either travels is the business of the two doors. */
import type { Chunk } from '#kube'

export interface ServerRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Text, or a body that never was text; empty without one. */
  readonly body: string | object
  /** Who asks: `controller`, `kubelet`, `kubectl`; a label of the request log. */
  readonly identity: string
  readonly signal: AbortSignal
}

type ServerBody =
  /** Printed as JSON when it is sent. */
  | { readonly json: unknown }
  | { readonly text: string; readonly contentType: string }
  /** Events of a watch stay objects up to the door. */
  | { readonly stream: AsyncIterable<Chunk>; readonly contentType: string }

export interface ServerResponse {
  readonly status: number
  readonly body: ServerBody
  /** Sentences for the `Warning` header, which kubectl prints. */
  readonly warnings?: readonly string[]
}

export const json = (status: number, value: unknown, warnings?: readonly string[]): ServerResponse => ({
  status,
  body: { json: value },
  warnings,
})

/** `1`, `t` and `true` in any case are true, as Go and Python spell it. */
export const isTrue = (text: string | null | undefined) => /^(1|t|true)$/i.test(text ?? '')

/** A whole number of at least 0; anything else, also absence, is undefined. */
export function naturalNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
