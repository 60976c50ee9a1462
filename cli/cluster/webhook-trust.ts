/** Tells the API server which authority our webhooks' certificates are of, in the configurations that the manifests made. */
import type { Resource } from '#api'
import type { WritingClient } from '#kube'

/** Katib's, kept: installing in its place leaves no webhook behind that nobody serves. */
const NAME = 'katib.kubeflow.org'
const KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

interface Configuration extends Resource {
  readonly webhooks?: readonly { readonly name: string; readonly clientConfig: { readonly caBundle?: string } }[]
}

/** Writes only what differs. Throws when a configuration is missing or is written by somebody else meanwhile. */
export async function trustWebhooks(client: WritingClient, ca: string): Promise<void> {
  const caBundle = Buffer.from(ca).toString('base64')
  for (const kind of KINDS) {
    const ref = { apiVersion: 'admissionregistration.k8s.io/v1', kind, name: NAME }
    const configuration = await client.get<Configuration>(ref)
    if (configuration === undefined) throw new Error(`there is no ${kind} ${NAME}; apply the manifests`)
    const { metadata, webhooks = [] } = configuration
    const isOurs = ({ name }: { name: string }) => name.endsWith(`.${NAME}`)
    if (webhooks.every(webhook => !isOurs(webhook) || webhook.clientConfig.caBundle === caBundle)) continue
    const trusted = webhooks.map(webhook =>
      isOurs(webhook) ? { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } } : webhook,
    )
    await client.patch(ref, { metadata: { resourceVersion: metadata.resourceVersion }, webhooks: trusted })
  }
}
