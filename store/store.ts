/** The two contracts of durable state: what was observed, and the objects of the embedded Kubernetes API. */
import type { Resource } from '#api'

/** One reported value. `sequence` orders rows of a stream and makes a repeated report harmless: the byte offset of the line's end, or an event number. */
export interface MetricRow {
  readonly metricName: string
  /** As the trial wrote it. */
  readonly value: string
  readonly sequence: number
  /** RFC 3339, up to nanoseconds, where the trial gave one. */
  readonly time?: string
  readonly step?: number
}

export interface Report {
  readonly trialUid: string
  /** Counts restarts of the trial's pod from 0; values of attempts never mix. */
  readonly attempt: number
  /** Who speaks: pod UID, container, file identity. */
  readonly stream: string
  readonly rows: readonly MetricRow[]
  /** Nothing more comes from this stream; the trial leaves "awaiting metrics". */
  readonly final?: boolean
  /** Why no metric was found, in one sentence, with a final. */
  readonly diagnosis?: string
}

export interface MetricSummary {
  /** Rows that are finite numbers take part in min and max; texts are the trial's own. Absent: no finite number yet. */
  readonly min?: string
  readonly max?: string
  /** Of the greatest sequence, whatever it says; NaN and infinities are kept as written. */
  readonly latest: string
  /** Rows reported in all, each once. */
  readonly count: number
  /** Fewer rows are kept than were reported: the trial passed its cap. Min, max, first, last and count stay exact. */
  readonly thinned?: boolean
}

/** Of the newest attempt that reported. Kept in the transaction of the append, so reading it is never a scan. */
export interface ObservationSummary {
  readonly attempt: number
  readonly final: boolean
  readonly diagnosis?: string
  readonly metrics: Readonly<Record<string, MetricSummary>>
}

/** Values of one metric in order. `steps` and `values` have the same length; non-finite values are kept. */
export interface LearningCurve {
  readonly metricName: string
  /** The reported step, else the order from 1. */
  readonly steps: readonly number[]
  readonly values: readonly number[]
  /** Milliseconds since 1970 of the trial's or else the receiver's clock. */
  readonly times: readonly number[]
  /** Rows reported in all; more than `values.length` when down-sampled (first, last, min and max are always kept). */
  readonly count: number
}

export interface RowFilter {
  readonly metricName?: string
  readonly attempt?: number
  /** `from <= sequence < to` */
  readonly sequences?: { readonly from: number; readonly to: number }
}

export interface StoredRow extends MetricRow {
  readonly attempt: number
  readonly stream: string
  readonly receivedAt: Date
}

/** What trials reported, by trial UID. A report repeated changes nothing. Returned values are the caller's to keep. */
export interface ObservationStore extends AsyncDisposable {
  /** Resolves after the commit, with the highest sequence stored of that stream; -1: none. */
  append(report: Report): Promise<{ acknowledged: number }>
  summary(trialUid: string): Promise<ObservationSummary | undefined>
  /** For many trials in one round trip; unknown UIDs are absent. */
  summaries(trialUids: readonly string[]): Promise<ReadonlyMap<string, ObservationSummary>>
  /** Down-sampled to `maxPoints`; first, last, min and max are kept exactly. */
  curve(trialUid: string, metricName: string, maxPoints: number): Promise<LearningCurve>
  rows(trialUid: string, filter?: RowFilter): AsyncIterable<StoredRow>
  /**
   * Yields a UID soon after each append that added rows or a final, until the signal aborts; repeats may be merged. With
   * `missedMs` first those of the last so many milliseconds, for a listener that was away.
   */
  changes(signal: AbortSignal, missedMs?: number): AsyncIterable<{ trialUid: string; final: boolean }>
  /** The last 64 KiB of a trial's log, replaced as a whole. */
  putLogTail(trialUid: string, text: string): Promise<void>
  logTail(trialUid: string): Promise<string | undefined>
  delete(trialUid: string): Promise<void>
  /** Of trials that reported or left a log, in ascending order, those behind `after`, at most `limit`. */
  trialUids(page: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>
  /**
   * Notes that these trials are gone, and deletes what is kept of those first noted at least `forMs` ago, also by an earlier
   * process. Resolves with their number.
   */
  sweep(gone: readonly string[], forMs: number): Promise<number>
}

/** A kind in one API group: `kubeflow.org/Trial`, `core/Pod`. The version is not part of where an object is kept. */
export interface StoredKind {
  readonly group: string
  readonly kind: string
}
export interface StoredRef extends StoredKind {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string
  readonly name: string
}

export type WatchEvent =
  | {
      readonly type: 'ADDED' | 'MODIFIED'
      readonly object: Resource
      readonly old?: Resource
      readonly resourceVersion: string
    }
  | { readonly type: 'DELETED'; readonly object: Resource; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

/** An object that is too large to be kept. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/** The database is away or behind. Nothing was written; the caller comes again. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** A compare-and-swap lost its race. The caller reads again. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
}
/** The revision asked for has been compacted away. The caller lists again. */
export class Compacted extends Error {
  override readonly name = 'Compacted'
}

/**
 * What etcd is to Kubernetes; used by `standalone/apiserver` alone.
 * Revisions are one sequence over all kinds, never reused, also across kill -9. Nothing is readable or watchable before
 * it is durable. Puts are committed in groups. Objects are kept as text, so key order and 64-bit integers survive.
 */
export interface ResourceStore extends AsyncDisposable {
  /** From memory. Objects that come out of the store are shared and frozen. */
  get(ref: StoredRef): Promise<Resource | undefined>
  /** Sorted by namespace, name. `at` reads an old revision for the following pages; `continue` is opaque. */
  list(
    kind: StoredKind,
    page?: { namespace?: string; limit?: number; continue?: string },
  ): Promise<{ items: readonly Resource[]; resourceVersion: string; continue?: string; remaining?: number }>
  /**
   * Stores with a new resourceVersion, which the returned object carries. `expected`: the resourceVersion that must be
   * current, or 'absent'. A lost race throws `Conflict`, an object beyond the limit `TooLarge`; a database that is away for
   * long `Unavailable`, except to writes that were on their way to it: their outcome is told when it is back.
   */
  put(ref: StoredRef, resource: Resource, expected: string | 'absent'): Promise<Resource>
  /** Returns the last state with the revision of its deletion. Throws `Conflict` when `expected` is not current. */
  delete(ref: StoredRef, expected: string): Promise<Resource>
  /**
   * Every change after `since`, in order, without gaps, until the signal aborts. Throws `Compacted` when too old. Watchers
   * share the objects of an event, so they are read only. A bookmark comes when 1,000 revisions brought nothing of the kind.
   */
  watch(kind: StoredKind, since: string, signal: AbortSignal): AsyncIterable<WatchEvent>
  /** Newest revision. */
  revision(): Promise<string>
  /** Forgets history before `before`; live objects stay. */
  compact(before: string): Promise<void>
}
