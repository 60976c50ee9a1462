/** The algorithms as REST lists them. */
import { algorithms, settingsOf } from '#suggestion'

export function algorithmEntries() {
  return [...algorithms.values()].map(algorithm => ({
    name: algorithm.name,
    title: algorithm.about,
    settings: settingsOf(algorithm).map(setting => ({
      name: setting.name,
      default: setting.default,
      description: `${setting.about} (${setting.accepts})`,
    })),
  }))
}
