/** Templates of trials in ConfigMaps: every write answers with the whole list, as Katib's UI expects. */
import { onCore, type UiCall, type UiRoute } from './call.ts'
import { CONFIG_MAP, type ConfigMap, TEMPLATES_LABEL, type TemplatePlace, templateWrites } from './template-writes.ts'

export const templateRoutes: Readonly<Record<string, UiRoute>> = {
  fetch_trial_templates: { answer: templates },
  add_template: {
    writes: true,
    async answer(call) {
      const place = placeIn(call)
      await call.need(onCore('create', 'configmaps', place.namespace))
      const { namespace, name } = place
      await templateWrites(call.client).add(place, call.field('updatedTemplateYaml'), () =>
        call.need(onCore('update', 'configmaps', namespace, name)),
      )
      return templates(call)
    },
  },
  edit_template: {
    writes: true,
    async answer(call) {
      const place = placeIn(call)
      await call.need(onCore('update', 'configmaps', place.namespace, place.name))
      await templateWrites(call.client).edit(place, call.field('configMapPath'), call.field('updatedTemplateYaml'))
      return templates(call)
    },
  },
  delete_template: {
    writes: true,
    async answer(call) {
      const place = {
        namespace: call.anywhere('updatedConfigMapNamespace', 'configMapNamespace'),
        name: call.anywhere('updatedConfigMapName', 'configMapName'),
        path: call.anywhere('updatedConfigMapPath', 'configMapPath'),
      }
      await call.need(onCore('delete', 'configmaps', place.namespace, place.name))
      await templateWrites(call.client).remove(place)
      return templates(call)
    },
  },
}

function placeIn(call: UiCall): TemplatePlace {
  return {
    namespace: call.field('updatedConfigMapNamespace'),
    name: call.field('updatedConfigMapName'),
    path: call.field('updatedConfigMapPath'),
  }
}

/** Of the core namespace for everybody, elsewhere of those ConfigMaps that the asker may get; Katib fails whole for one. */
async function templates(call: UiCall) {
  const labelSelector = `${TEMPLATES_LABEL.key}=${TEMPLATES_LABEL.value}`
  const scope = call.isNamespaced ? { namespace: call.coreNamespace } : {}
  const { items } = await call.client.list<ConfigMap>(CONFIG_MAP, { labelSelector, ...scope })
  const readable = await Promise.all(
    items.map(async ({ metadata: { namespace = '', name } }) => {
      return namespace === call.coreNamespace || call.may(onCore('get', 'configmaps', namespace, name))
    }),
  )
  const byNamespace = Map.groupBy(
    items.filter((_, i) => readable[i]),
    ({ metadata }) => metadata.namespace ?? '',
  )
  return {
    Data: [...byNamespace].map(([namespace, configMaps]) => ({
      ConfigMapNamespace: namespace,
      ConfigMaps: configMaps.map(({ metadata, data = {} }) => ({
        ConfigMapName: metadata.name,
        Templates: Object.entries(data).map(([path, text]) => ({ Path: path, Yaml: text })),
      })),
    })),
  }
}
