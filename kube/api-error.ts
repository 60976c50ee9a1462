/** A response that is no success, as the `ApiError` it means. */
import { ApiError, parseJson, parseStoredJson, type Status } from '#api'
import type { KubeResponse } from './transport.ts'

/** The parsed body of a success; anything else is thrown as `ApiError`, with Retry-After where the server sent one. */
export async function bodyOf(response: KubeResponse): Promise<unknown> {
  if (response.status < 300 && response.json !== undefined) return response.json
  const text = await response.text()
  if (response.status < 300) return text === '' ? undefined : parseStoredJson(text)
  throw apiError(response.status, text, response.headers)
}

export function apiError(status: number, text: string, headers: KubeResponse['headers'] = {}): ApiError {
  const body = statusOf(text)
  const seconds = secondsOf(headers) ?? body?.details?.retryAfterSeconds
  return new ApiError(
    body?.code ?? status,
    body?.reason ?? reasons[status] ?? 'Unknown',
    body?.message ?? `HTTP ${status}: ${text.slice(0, 200)}`,
    {
      ...(body?.details === undefined ? {} : { details: body.details }),
      ...(isWait(seconds) ? { retryAfterMs: Math.min(seconds, LONGEST_WAIT_SECONDS) * 1_000 } : {}),
    },
  )
}

/**
 * Retry-After (RFC 9110, section 10.2.3): seconds, or an instant, which the reply's own Date turns into a wait, so that no
 * two clocks are compared.
 */
function secondsOf({ 'retry-after': retryAfter = '', date = '' }: KubeResponse['headers']): number | undefined {
  if (/^\s*\d+\s*$/.test(retryAfter)) return Number(retryAfter)
  const seconds = (Date.parse(retryAfter) - Date.parse(date)) / 1_000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}

const isWait = (seconds: unknown): seconds is number => typeof seconds === 'number' && seconds >= 0

/** Whoever asks for more is asked again anyway: a wait of hours would outlast its cause. */
const LONGEST_WAIT_SECONDS = 600

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
