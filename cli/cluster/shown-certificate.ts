/** The certificate that a server of ours shows: waited for at the start, looked at again while it serves. */
import { X509Certificate } from 'node:crypto'
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

export interface RenewedCertificate extends AsyncDisposable {
  /** The one that is shown can be trusted: it has not ended. */
  readonly isGood: boolean
}

/**
 * Looks at once and every minute, every five seconds while the certificate has ended, and hands over each one that differs from
 * the one shown, until it is disposed.
 */
export function keepRenewing(
  source: CertificateSource,
  options: {
    readonly shown: string
    renew(identity: ServerIdentity): void
    readonly clock: Clock
    log(line: string): void
  },
): RenewedCertificate {
  const { clock, log } = options
  const closing = new AbortController()
  let isGood = true
  async function keepLooking(): Promise<void> {
    let { shown } = options
    while (!closing.signal.aborted) {
      try {
        const { cert, key } = await source()
        if (cert !== shown) options.renew({ cert, key })
        shown = cert
        const endMs = new X509Certificate(cert).validToDate.getTime()
        const isGoodNow = clock.now().getTime() < endMs
        if (isGood && !isGoodNow)
          log(
            `certificate: it ended ${new Date(endMs).toISOString()}; nobody trusts this server until there is another`,
          )
        isGood = isGoodNow
        await delay(clock, isGood ? LOOK_MS : RETRY_MS, closing.signal).catch(() => {})
      } catch (error) {
        if (!closing.signal.aborted) log(`certificate: ${(error as Error).message}`)
        await delay(clock, RETRY_MS, closing.signal).catch(() => {})
      }
    }
  }
  const looking = keepLooking()
  return {
    get isGood() {
      return isGood
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await looking
    },
  }
}
