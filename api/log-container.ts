/** The containers of a trial's pod: its collector, and the one that people mean by its log. */
import { COLLECTOR_CONTAINER, LOGGER_CONTAINER } from './names.ts'
import type { Resource } from './resource.ts'
import type { Trial } from './trial.ts'

/** A StdOut trial prints into a file that its collector prints; other trials print themselves. */
export function logContainer(pod: Resource, trial: Trial): string | undefined {
  const isStdOut = (trial.spec.metricsCollector?.collector?.kind ?? 'StdOut') === 'StdOut'
  if (isStdOut && hasLogger(pod)) return LOGGER_CONTAINER
  return trial.spec.primaryContainerName ?? containerNames(pod)[0]
}

/** Katib's name of the container that collects by a kind of metricsCollectorSpec. */
export const collectorContainer = (kind: string): string =>
  kind === 'StdOut' || kind === 'File' ? LOGGER_CONTAINER : COLLECTOR_CONTAINER

export const hasLogger = (pod: Resource): boolean => containerNames(pod).includes(LOGGER_CONTAINER)

function containerNames(pod: Resource): readonly string[] {
  const spec = pod.spec as { containers?: { name: string }[]; initContainers?: { name: string }[] } | undefined
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ name }) => name)
}
