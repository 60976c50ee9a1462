/** ConfigMaps that hold templates of trials: the only ones that are written here, and only in the name of who asked. */
import { ApiError, type Resource } from '#api'
import type { WritingClient } from '#kube'

/** Katib's label of such ConfigMaps. */
export const TEMPLATES_LABEL = { key: 'katib.kubeflow.org/component', value: 'trial-templates' } as const

export interface TemplatePlace {
  readonly namespace: string
  readonly name: string
  /** The key in the ConfigMap. */
  readonly path: string
}

export interface ConfigMap extends Resource {
  readonly data?: Readonly<Record<string, string>>
}

export const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' } as const

export function templateWrites(client: WritingClient) {
  const read = (place: TemplatePlace) => client.get<ConfigMap>({ ...CONFIG_MAP, ...refOf(place) })
  return {
    /** Makes the ConfigMap where there is none; `beforeChange` may refuse to change one that is there. 409 for one without the label. */
    async add(place: TemplatePlace, text: string, beforeChange: () => Promise<void>): Promise<void> {
      const before = await read(place)
      const data = { [place.path]: text }
      if (before) {
        await beforeChange()
        const sentence = `ConfigMap ${place.namespace}/${place.name} holds no templates: it has no label ${LABEL_TEXT}`
        if (!isTemplates(before)) throw new ApiError(409, 'Conflict', sentence)
        return merge(before, data)
      }
      const labels = { [TEMPLATES_LABEL.key]: TEMPLATES_LABEL.value }
      await client.create({ ...CONFIG_MAP, metadata: { ...refOf(place), labels }, data } as Resource)
    },
    /** Under another key where `from` is one; 404 where there is no such template. */
    async edit(place: TemplatePlace, from: string, text: string): Promise<void> {
      const before = await holding({ ...place, path: from })
      await merge(before, { ...(from === place.path ? {} : { [from]: null }), [place.path]: text })
    },
    /** With its last template the ConfigMap goes. */
    async remove(place: TemplatePlace): Promise<void> {
      const before = await holding(place)
      if (Object.keys(before.data ?? {}).length > 1) return merge(before, { [place.path]: null })
      const { uid, resourceVersion } = before.metadata
      await client.delete(
        { ...CONFIG_MAP, ...refOf(place), ...(uid ? { uid } : {}) },
        resourceVersion ? { resourceVersion } : {},
      )
    },
  }

  /** On what was read: a write in between is 409. */
  async function merge(before: ConfigMap, data: Readonly<Record<string, string | null>>): Promise<void> {
    const { namespace = '', name, resourceVersion } = before.metadata
    await client.patch({ ...CONFIG_MAP, namespace, name }, { metadata: { resourceVersion }, data })
  }

  async function holding(place: TemplatePlace): Promise<ConfigMap> {
    const found = await read(place)
    const { namespace, name, path } = place
    if (found && isTemplates(found) && Object.hasOwn(found.data ?? {}, path)) return found
    throw new ApiError(404, 'NotFound', `no template ${path} in ConfigMap ${namespace}/${name}`)
  }
}

const LABEL_TEXT = `${TEMPLATES_LABEL.key}=${TEMPLATES_LABEL.value}`

function isTemplates({ metadata }: ConfigMap): boolean {
  return metadata.labels?.[TEMPLATES_LABEL.key] === TEMPLATES_LABEL.value
}

const refOf = ({ namespace, name }: TemplatePlace) => ({ namespace, name })
