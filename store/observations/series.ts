/** Series: one metric of one stream of one attempt. Their summaries make the trial's. */
import { finiteNumber } from '#api'
import type { MetricSummary, ObservationSummary } from '../store.ts'

export interface SeriesSummary {
  readonly metricName: string
  readonly min?: string
  readonly max?: string
  readonly latest: string
  readonly latestSequence: number
  readonly count: number
  readonly thinned: boolean
}

export interface Attempt {
  readonly attempt: number
  readonly final: boolean
  readonly diagnosis?: string
}

/** The summary of an attempt from its series, in the order their streams began. Series without rows say nothing. */
export function summarise(attempt: Attempt, series: Iterable<SeriesSummary>): ObservationSummary {
  const metrics = new Map<string, MetricSummary & { latestSequence: number }>()
  for (const one of series) {
    if (one.count === 0) continue
    const { metricName, thinned, ...summary } = one
    const sofar = metrics.get(metricName)
    const merged = sofar === undefined ? summary : merge(sofar, summary)
    metrics.set(metricName, thinned || sofar?.thinned ? { ...merged, thinned: true } : merged)
  }
  const plain = [...metrics].map(([name, { latestSequence: _, ...summary }]) => [name, summary] as const)
  return { ...attempt, metrics: Object.fromEntries(plain) }
}

type Mergeable = Pick<SeriesSummary, 'min' | 'max' | 'latest' | 'latestSequence' | 'count'>

function merge(a: Mergeable, b: Mergeable): Mergeable {
  const later = b.latestSequence >= a.latestSequence ? b : a
  const min = lower(a.min, b.min)
  const max = higher(a.max, b.max)
  return {
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    latest: later.latest,
    latestSequence: later.latestSequence,
    count: a.count + b.count,
  }
}

/** Both texts are finite numbers, by construction of a series. The earlier text stays when they are equal. */
export function lower(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return (finiteNumber(b) as number) < (finiteNumber(a) as number) ? b : a
}
export function higher(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return (finiteNumber(b) as number) > (finiteNumber(a) as number) ? b : a
}
