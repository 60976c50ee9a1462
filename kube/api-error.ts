/** A response that is no success, as the `ApiError` it means. */
import { ApiError, parseJson, type Status } from '#api'
import type { KubeResponse } from './transport.ts'

/** The parsed body of a success; anything else is thrown as `ApiError`, with Retry-After where the server sent one. */
export async function bodyOf(response: KubeResponse): Promise<unknown> {
  if (response.status < 300 && response.json !== undefined) return response.json
  const text = await response.text()
  if (response.status < 300) return text === '' ? undefined : parseJson(text)
  throw apiError(response.status, text, response.headers['retry-after'])
}

export function apiError(status: number, text: string, retryAfter?: string): ApiError {
  const body = statusOf(text)
  const seconds = retryAfter === undefined ? undefined : Number(retryAfter)
  return new ApiError(
    body?.code ?? status,
    body?.reason ?? reasons[status] ?? 'Unknown',
    body?.message ?? `HTTP ${status}: ${text.slice(0, 200)}`,
    {
      ...(body?.details === undefined ? {} : { details: body.details }),
      ...(seconds !== undefined && Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {}),
    },
  )
}

function statusOf(text: string): Status | undefined {
  try {
    const body = parseJson(text) as Status | undefined
    return body?.kind === 'Status' ? body : undefined
  } catch {
    // A proxy's page, or a reply cut short: the HTTP status has to do.
    return undefined
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}
