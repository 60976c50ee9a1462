/**
 * The webhooks of a controller process, whether it leads or waits. Until its certificate is there it does not listen; a
 * certificate that is renewed, here or by another process, is shown from the next look on.
 */
import { type Clock, delay, type Informers, type WritingClient } from '#kube'
import { createWebhookServer, type WebhookServer } from '#server'
import { admissionPolicies } from './admission-policies.ts'
import type { CertificateSource } from './certificate-source.ts'
import { cachedConfigMaps } from './config-maps.ts'
import { listening } from './listening.ts'
import { trustWebhooks } from './webhook-trust.ts'

export interface WebhookOptions {
  readonly host: string
  readonly port: number
  readonly certificate: CertificateSource
  /** Writes the authority into the webhook configurations. */
  readonly client: WritingClient
  readonly informers: Informers
  readonly clock: Clock
  /** Once, when reviews are answered. */
  onServing(port: number): void
  /** A port that is taken: nothing to wait for. */
  onEnd(error: unknown): void
  log(line: string): void
}

export interface Webhook extends AsyncDisposable {
  /** Reviews are answered and, where that is ours to say, the API server knows by which authority. */
  readonly isServing: boolean
}

export function startWebhook(options: WebhookOptions): Webhook {
  const { clock, log } = options
  const closing = new AbortController()
  let server: WebhookServer | undefined
  let shown = ''
  let isServing = false

  async function look(): Promise<void> {
    const { cert, key, ca } = await options.certificate()
    if (server === undefined) server = await serve({ cert, key })
    else if (cert !== shown) server.renew({ cert, key })
    shown = cert
    if (ca !== undefined) await trustWebhooks(options.client, ca)
    isServing = true
  }

  async function serve(identity: { cert: string; key: string }): Promise<WebhookServer> {
    const policies = admissionPolicies(cachedConfigMaps(options.informers, clock))
    const made = createWebhookServer({ policies, identity, log })
    const { host, port } = options
    const bound = await listening('--webhook-port', port, () => made.listen({ host, port })).catch(error => {
      options.onEnd(error)
      throw error
    })
    options.onServing(bound.port)
    return made
  }

  async function keepLooking(): Promise<void> {
    while (!closing.signal.aborted) {
      let waitMs = LOOK_MS
      try {
        await look()
      } catch (error) {
        waitMs = RETRY_MS
        if (!closing.signal.aborted) log(`webhook: ${(error as Error).message}`)
      }
      await delay(clock, waitMs, closing.signal).catch(() => {})
    }
  }
  const looking = keepLooking()

  return {
    get isServing() {
      return isServing
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await looking
      await server?.[Symbol.asyncDispose]()
    },
  }
}

const LOOK_MS = 60_000
const RETRY_MS = 5_000
