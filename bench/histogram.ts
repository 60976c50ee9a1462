/** Quantiles from a histogram of Prometheus' text format, over the stretches of time that are asked for. */

/** Cumulative counts by upper bound, the last bound being infinite. */
export type Histogram = ReadonlyMap<number, number>

export function histogramIn(text: string, name: string): Histogram {
  const lines = [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, 'gm'))]
  return new Map(
    lines.map(([, bound, count]) => [bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(count)]),
  )
}

/** What came between pairs of scrapes. */
export function between(...stretches: readonly (readonly [from: Histogram, to: Histogram])[]): Histogram {
  const bounds = stretches[0]?.[1].keys() ?? []
  const came = (bound: number) =>
    stretches.reduce((sum, [from, to]) => sum + (to.get(bound) ?? 0) - (from.get(bound) ?? 0), 0)
  return new Map([...bounds].map(bound => [bound, came(bound)]))
}

/** The share of what came within a bound of the histogram. */
export const shareWithin = (histogram: Histogram, bound: number): number =>
  (histogram.get(bound) ?? Number.NaN) / (histogram.get(Number.POSITIVE_INFINITY) ?? Number.NaN)

/** As `histogram_quantile` of Prometheus: straight lines between the bounds. */
export function quantileOf(histogram: Histogram, share: number): number {
  const wanted = share * (histogram.get(Number.POSITIVE_INFINITY) ?? 0)
  let [lower, below] = [0, 0]
  for (const [bound, count] of histogram) {
    if (count >= wanted)
      return Number.isFinite(bound) ? lower + ((bound - lower) * (wanted - below)) / (count - below) : lower
    lower = bound
    below = count
  }
  return lower
}
