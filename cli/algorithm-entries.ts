/** The algorithms as REST and `qalam algorithms` list them: names, defaults and accepted values come from their schemas. */
import { algorithms, settingsOf } from '#suggestion'

export function algorithmEntries() {
  return [...algorithms.values()].map(algorithm => ({
    name: algorithm.name,
    title: algorithm.about,
    source: algorithm.source,
    ...(algorithm.needs === undefined ? {} : { needs: algorithm.needs }),
    settings: settingsOf(algorithm).map(({ name, default: standard, accepts, about, required }) => ({
      name,
      ...(standard === undefined ? {} : { default: standard }),
      ...(required ? { required } : {}),
      accepts,
      description: about,
    })),
  }))
}
