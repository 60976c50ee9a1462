/** What a collector left as its last words, where it could not bring its final to the store (`collector/last-words.ts`). */
import { z } from 'zod'
import { COLLECTOR_CONTAINER, LOGGER_CONTAINER, type Resource } from '#api'
import type { ObservationSummary } from '#store'

const Words = z.object({
  metrics: z.record(
    z.string(),
    z.tuple([z.string().nullable(), z.string().nullable(), z.string(), z.number().int().min(1)]),
  ),
})

const COLLECTORS: ReadonlySet<string> = new Set([LOGGER_CONTAINER, COLLECTOR_CONTAINER])

interface PodStatus {
  readonly initContainerStatuses?: readonly Ended[]
  readonly containerStatuses?: readonly Ended[]
}
interface Ended {
  readonly name: string
  readonly state?: { readonly terminated?: { readonly message?: string } }
}

/** Of the newest of the pods, once its collector has ended; undefined: it has not, or said nothing of this kind. */
export function collectorWords(pods: readonly Resource[]): ObservationSummary | undefined {
  const born = ({ metadata }: Resource) => metadata.creationTimestamp ?? ''
  const newest = pods.toSorted((a, b) => (born(a) < born(b) ? -1 : 1)).at(-1)
  const { initContainerStatuses = [], containerStatuses = [] } = (newest?.status ?? {}) as PodStatus
  const collector = [...initContainerStatuses, ...containerStatuses].find(({ name }) => COLLECTORS.has(name))
  const words = parsed(collector?.state?.terminated?.message)
  if (words === undefined) return undefined
  const metrics = Object.entries(words.metrics).map(([name, [min, max, latest, count]]) => [
    name,
    { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }), latest, count },
  ])
  return { attempt: 0, final: false, metrics: Object.fromEntries(metrics) }
}

function parsed(message: string | undefined): z.output<typeof Words> | undefined {
  try {
    return Words.parse(JSON.parse(message ?? ''))
  } catch {
    // Another program's words, or none.
    return undefined
  }
}
