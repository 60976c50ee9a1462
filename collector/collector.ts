/** The contract of collectors, and where they write. */
import type { CollectorKind, MetricLog } from '#api'

/** One value with its place in the stream: the byte offset of the line's end, or an event number. */
export type CollectedMetric = MetricLog & { readonly sequence: number }

/** In the order of the stream, a turn's at once. */
export type Rows = AsyncIterable<readonly CollectedMetric[]>

/** Reads what a training process says, as it says it. Ends after a last look when `ended` aborts: the process is over. */
export interface Collector<Source> {
  readonly kind: CollectorKind
  collect(source: Source, metricNames: ReadonlySet<string>, ended: AbortSignal): Rows
}

/** Where a collector writes; `cli` binds it to the store or to HTTP. Resolves once the rows are durable. */
export interface Sink {
  report(report: {
    readonly trialUid: string
    readonly attempt: number
    readonly stream: string
    readonly rows: readonly CollectedMetric[]
    readonly final?: boolean
    readonly diagnosis?: string
  }): Promise<void>
}
