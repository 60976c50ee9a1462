/** A process that starts while what it needs is away: it waits, since whoever restarts it waits longer each time. */
import { ApiError } from '#api'
import { type Clock, codeOf, delay, wordsOf } from '#kube'
import { isConnectionLoss } from '#store'

/** What may be away, in words, and by which errors that is known. */
export interface Awaited {
  readonly name: string
  isAway(error: unknown): boolean
}

/** Away, starting, or without room. A right that is missing, or a token that is none, is for somebody to see at once. */
export const API_SERVER: Awaited = {
  name: 'the API server',
  isAway(error) {
    if (error instanceof ApiError) return error.code >= 500 || error.code === 429
    return NO_ANSWER.has(codeOf(error) ?? '')
  },
}

/** Away, starting, or full; its name may be known later. A wrong password or tables of a newer version stay what they are. */
export const DATABASE: Awaited = {
  name: 'the database',
  isAway: error => isConnectionLoss(error) || codeOf(error) === 'ENOTFOUND',
}

const AGAIN_MS = 2_000

/**
 * What `ask` comes to. As long as it rejects because `awaited` is away it is asked again, and each new reason is a line; every
 * other error is thrown. Rejects with the signal's reason when that aborts.
 */
export async function firstAnswer<T>(
  ask: () => Promise<T>,
  awaited: Awaited,
  { clock, signal, log }: { readonly clock: Clock; readonly signal: AbortSignal; log(line: string): void },
): Promise<T> {
  let said = ''
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!awaited.isAway(error)) throw error
      const reason = wordsOf(error)
      if (reason !== said) log(`waiting for ${awaited.name}: ${reason}`)
      said = reason
    }
    await delay(clock, AGAIN_MS, signal)
  }
}

/** Of a connection, as Node and undici name it. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET'],
])
