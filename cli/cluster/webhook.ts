/**
 * The webhooks of a controller process, whether it leads or waits. Until its certificate is there it does not listen; a
 * certificate that is renewed, here or by another process, is shown from the next look on.
 */
import type { Clock, Informers, WritingClient } from '#kube'
import { createWebhookServer, type ServerIdentity, type WebhookServer } from '#server'
import { listening } from '../listening.ts'
import { type AdmissionOptions, admissionPolicies } from './admission-policies.ts'
import type { CertificateSource } from './certificate-source.ts'
import { cachedConfigMaps } from './config-maps.ts'
import { type PodPolicyOptions, podPolicy } from './pod-policy.ts'
import { awaitCertificate, keepRenewing } from './shown-certificate.ts'
import { trustWebhooks } from './webhook-trust.ts'

/** What is judged by, but for the caches, which are the webhook's own. */
export type WebhookAdmission = Omit<AdmissionOptions, 'get' | 'pods'> & Omit<PodPolicyOptions, 'informers' | 'clock'>

export interface WebhookOptions {
  readonly host: string
  readonly port: number
  readonly certificate: CertificateSource
  /** Writes the authority into the webhook configurations. */
  readonly client: WritingClient
  readonly informers: Informers
  readonly admission: WebhookAdmission
  readonly clock: Clock
  /** Once, when reviews are answered. */
  onServing(port: number): void
  /** A port that is taken: nothing to wait for. */
  onEnd(error: unknown): void
  log(line: string): void
}

export interface Webhook extends AsyncDisposable {
  /** Reviews are answered under a certificate that is good and, where that is ours to say, the API server knows by which authority. */
  readonly isServing: boolean
}

export function startWebhook(options: WebhookOptions): Webhook {
  const { clock, log, certificate } = options
  const closing = new AbortController()
  const serving = new AsyncDisposableStack()
  let isServing = false
  let shown: { readonly isGood: boolean } | undefined

  async function start(): Promise<void> {
    const first = await awaitCertificate(certificate, { clock, signal: closing.signal, log })
    if (first === undefined) return
    const server = await serve(first)
    const renew = (identity: ServerIdentity) => server.renew(identity)
    shown = serving.use(keepRenewing(trusted, { shown: first.cert, renew, clock, log }))
  }

  /** Looked at again and again as well: whoever applies the manifests anew takes the authority out. */
  async function trusted() {
    const found = await certificate()
    if (found.ca !== undefined) await trustWebhooks(options.client, found.ca)
    isServing = true
    return found
  }

  async function serve(identity: ServerIdentity): Promise<WebhookServer> {
    const { admission, informers } = options
    const policies = admissionPolicies({
      ...admission,
      get: cachedConfigMaps(informers, clock),
      pods: podPolicy({ ...admission, informers, clock }),
    })
    const server = serving.use(createWebhookServer({ policies, identity, log }))
    const { host, port } = options
    const bound = await listening('--webhook-port', port, () => server.listen({ host, port }))
    options.onServing(bound.port)
    return server
  }
  const started = start().catch(error => options.onEnd(error))

  return {
    get isServing() {
      return isServing && shown?.isGood !== false
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await started
      await serving.disposeAsync()
    },
  }
}
