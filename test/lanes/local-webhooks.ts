/** The shipped webhook configurations, pointed at a process of this machine, which is no Service. */
import type { Resource } from '#api'
import type { Informers, WritingClient } from '#kube'
import { manifest } from './shipped-account.ts'
import { until } from './until.ts'

interface Configuration extends Resource {
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[]
}

/** Resolves when the process has written its authority into all of them. */
export async function webhooksAt(
  port: string,
  { client, informers }: { readonly client: WritingClient; readonly informers: Informers },
): Promise<void> {
  for (const object of manifest('webhook/configurations.yaml')) {
    const { webhooks } = object as unknown as { webhooks: readonly { clientConfig: { service: { path: string } } }[] }
    const local = webhooks.map(webhook => ({
      ...webhook,
      clientConfig: { url: `https://127.0.0.1:${port}${webhook.clientConfig.service.path}` },
    }))
    await client.apply({ ...object, webhooks: local } as Resource, 'lane')
    const type = { apiVersion: object.apiVersion, kind: object.kind }
    await until(informers.of<Configuration>(type), undefined, object.metadata.name, isTrusted)
  }
}

const isTrusted = (configuration: Configuration | undefined) =>
  configuration?.webhooks?.every(({ clientConfig }) => clientConfig.caBundle) ?? false
