/** A process that starts while the API server is away: it waits, since whoever restarts it waits longer each time. */
import { ApiError } from '#api'
import { type Clock, delay } from '#kube'

const AGAIN_MS = 2_000

/**
 * What `ask` comes to. While nobody answers, or the server is starting or has no room, it is asked again, and each new reason is a
 * line; every other refusal is thrown. Rejects with the signal's reason when that aborts.
 */
export async function firstAnswer<T>(
  ask: () => Promise<T>,
  { clock, signal, log }: { readonly clock: Clock; readonly signal: AbortSignal; log(line: string): void },
): Promise<T> {
  let said = ''
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!passes(error)) throw error
      const { message } = error as Error
      if (message !== said) log(`waiting for the API server: ${message}`)
      said = message
    }
    await delay(clock, AGAIN_MS, signal)
  }
}

/** A right that is missing, or a token that is none, is for somebody to see at once. */
function passes(error: unknown): boolean {
  if (error instanceof ApiError) return error.code >= 500 || error.code === 429
  return NO_ANSWER.has(codeOf(error) ?? '')
}

/** Of a connection, as Node and undici name it. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET'],
])

function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined || cause === null ? undefined : codeOf(cause)
}
