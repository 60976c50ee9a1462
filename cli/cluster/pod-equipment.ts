/** What pods of trials get on a cluster: our image for their collectors, and the store that they report to. */
import { readFile } from 'node:fs/promises'
import type { Resource } from '#api'
import type { ControllersOptions, KatibSettings } from '#controller'
import type { ReadingClient } from '#kube'
import { CommandError, EXIT } from '../exit.ts'

interface EquipmentOptions {
  /** `own`: that of the pod $POD_NAME, in which this process is. */
  readonly collectorImage?: string
  readonly leaseNamespace: string
  readonly store?: string
  readonly storeCaFile?: string
}

/** Nothing without an image: then whoever runs the pods brings the collector, as one machine does. */
export async function equipmentOf(
  { collectorImage, leaseNamespace, store, storeCaFile }: EquipmentOptions,
  client: ReadingClient,
  settings: () => KatibSettings | undefined = () => undefined,
): Promise<Pick<ControllersOptions, 'equipment'>> {
  if (collectorImage === undefined) return {}
  if (store === undefined)
    throw new CommandError(EXIT.usage, '--collector-image needs --store, where collectors report')
  const image = collectorImage === 'own' ? await ownImage(client, leaseNamespace) : collectorImage
  return {
    async equipment() {
      const ca = storeCaFile === undefined ? undefined : await readFile(storeCaFile, 'utf8')
      const collectors = settings()?.collectors
      return {
        ...{ image, serverUrl: store },
        ...(ca === undefined ? {} : { ca }),
        ...(collectors === undefined ? {} : { collectors }),
      }
    },
  }
}

interface Pod extends Resource {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] }
}

/** However the image was set: a manifest, another overlay, a registry that replaces names. */
async function ownImage(client: ReadingClient, namespace: string): Promise<string> {
  const { POD_NAME: name } = process.env
  if (!name)
    throw new CommandError(EXIT.usage, '--collector-image own: expected the name of this pod in POD_NAME; set it')
  const pod = await client.get<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name })
  const image = pod?.spec?.containers?.[0]?.image
  if (image) return image
  throw new CommandError(EXIT.notFound, `--collector-image own: there is no pod ${namespace}/${name} with an image`)
}
