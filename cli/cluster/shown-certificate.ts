/** The certificate that a server of ours shows: waited for at the start, looked at again while it serves. */
import { type Clock, delay } from '#kube'
import type { ServerIdentity } from '#server'
import type { CertificateSource } from './certificate-source.ts'

const FIRST_LOOK_MS = 1_000
const LOOK_MS = 60_000
const RETRY_MS = 5_000

/** Undefined: the signal aborted before there was one. What keeps it away is said once. */
export async function awaitCertificate(
  source: CertificateSource,
  { clock, signal, log }: { readonly clock: Clock; readonly signal: AbortSignal; log(line: string): void },
): Promise<ServerIdentity | undefined> {
  let said = ''
  while (!signal.aborted) {
    try {
      return await source()
    } catch (error) {
      const { message } = error as Error
      if (message !== said) log(`waiting for a certificate: ${message}`)
      said = message
    }
    await delay(clock, FIRST_LOOK_MS, signal).catch(() => {})
  }
  return undefined
}

/** Looks at once and every minute, and hands over each certificate that differs from the one shown, until it is disposed. */
export function keepRenewing(
  source: CertificateSource,
  options: {
    readonly shown: string
    renew(identity: ServerIdentity): void
    readonly clock: Clock
    log(line: string): void
  },
): AsyncDisposable {
  const closing = new AbortController()
  async function keepLooking(): Promise<void> {
    let { shown } = options
    while (!closing.signal.aborted) {
      let waitMs = LOOK_MS
      try {
        const { cert, key } = await source()
        if (cert !== shown) options.renew({ cert, key })
        shown = cert
      } catch (error) {
        waitMs = RETRY_MS
        if (!closing.signal.aborted) options.log(`certificate: ${(error as Error).message}`)
      }
      await delay(options.clock, waitMs, closing.signal).catch(() => {})
    }
  }
  const looking = keepLooking()
  return {
    async [Symbol.asyncDispose]() {
      closing.abort()
      await looking
    },
  }
}
