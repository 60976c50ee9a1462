/** Observations that live as long as the process: for tests, and the smallest answer to the contract. */
import { finiteNumber } from '#api'
import type { LearningCurve, ObservationStore, ObservationSummary, Report, RowFilter, StoredRow } from '../store.ts'
import { ChangeFeed, missedFirst, type ObservationChange } from './change-feed.ts'
import { curveOf } from './curve.ts'
import { higher, lower, type SeriesSummary, summarise } from './series.ts'
import { MAX_ROWS, thin } from './thinning.ts'

interface Series {
  summary: SeriesSummary
  readonly stream: string
  rows: Map<number, StoredRow>
  /** Rows up to this sequence were thinned: a report of one is a repeat. */
  thinnedThrough?: number
}

interface AttemptRecord {
  final: boolean
  changedAtMs: number
  diagnosis?: string
  readonly series: Map<string, Series>
}

export class MemoryObservationStore implements ObservationStore {
  readonly #now: () => Date
  readonly #maxRows: number
  readonly #trials = new Map<string, Map<number, AttemptRecord>>()
  readonly #logTails = new Map<string, string>()
  readonly #goneSinceMs = new Map<string, number>()
  readonly #feed = new ChangeFeed()
  /** The order from 1 of a row among all of its series, once rows before it are gone. */
  readonly #ordinals = new WeakMap<StoredRow, number>()

  constructor(options: { now(): Date; maxRows?: number }) {
    this.#now = options.now
    this.#maxRows = options.maxRows ?? MAX_ROWS
  }

  async append(report: Report): Promise<{ acknowledged: number }> {
    const { trialUid, attempt, stream, final = false } = report
    if (report.rows.length === 0 && !final) return { acknowledged: this.#acknowledged(trialUid, attempt, stream) }
    const attempts = getOrSet(this.#trials, trialUid, () => new Map<number, AttemptRecord>())
    const record = getOrSet(
      attempts,
      attempt,
      (): AttemptRecord => ({
        final: false,
        changedAtMs: 0,
        series: new Map(),
      }),
    )
    const wasFinal = record.final
    let added = 0
    for (const row of report.rows) added += this.#add(record, { ...row, attempt, stream, receivedAt: this.#now() })
    if (final) {
      record.final = true
      record.diagnosis = report.diagnosis ?? record.diagnosis
    }
    this.#thin(attempts)
    if (added > 0 || (final && !wasFinal)) {
      record.changedAtMs = this.#now().getTime()
      this.#feed.tell([{ trialUid, final }])
    }
    return { acknowledged: this.#acknowledged(trialUid, attempt, stream) }
  }

  async summary(trialUid: string): Promise<ObservationSummary | undefined> {
    const newest = this.#newest(trialUid)
    if (newest === undefined) return undefined
    const { attempt, record } = newest
    const { final, diagnosis } = record
    const series = [...record.series.values()].map(one => one.summary)
    return summarise({ attempt, final, ...(diagnosis !== undefined && { diagnosis }) }, series)
  }

  async summaries(trialUids: readonly string[]): Promise<ReadonlyMap<string, ObservationSummary>> {
    const found = new Map<string, ObservationSummary>()
    for (const trialUid of trialUids) {
      const summary = await this.summary(trialUid)
      if (summary !== undefined) found.set(trialUid, summary)
    }
    return found
  }

  async curve(trialUid: string, metricName: string, maxPoints: number): Promise<LearningCurve> {
    const series = [...(this.#newest(trialUid)?.record.series.values() ?? [])].filter(
      one => one.summary.metricName === metricName,
    )
    const rows = series.flatMap(one => [...one.rows.values()]).sort(inOrder)
    const count = series.reduce((sum, one) => sum + one.summary.count, 0)
    const gone = count - rows.length
    const placed = rows.map((row, i) => ({
      ...row,
      step: row.step ?? this.#ordinals.get(row) ?? i + 1 + gone,
      receivedMs: row.receivedAt.getTime(),
    }))
    return curveOf(metricName, placed, count, maxPoints)
  }

  async *rows(trialUid: string, filter: RowFilter = {}): AsyncIterable<StoredRow> {
    const rows = [...(this.#trials.get(trialUid) ?? [])]
      .filter(([attempt]) => filter.attempt === undefined || attempt === filter.attempt)
      .flatMap(([, record]) => [...record.series.values()])
      .filter(one => filter.metricName === undefined || one.summary.metricName === filter.metricName)
      .flatMap(one => [...one.rows.values()])
      .filter(
        ({ sequence }) =>
          sequence >= (filter.sequences?.from ?? sequence) && sequence < (filter.sequences?.to ?? Infinity),
      )
    for (const row of rows.sort(inOrder)) yield { ...row }
  }

  changes(signal: AbortSignal, missedMs?: number): AsyncIterable<ObservationChange> {
    const changes = this.#feed.follow(signal)
    return missedMs === undefined ? changes : missedFirst(() => this.#missed(missedMs), changes)
  }

  async putLogTail(trialUid: string, text: string): Promise<void> {
    this.#logTails.set(trialUid, text)
  }

  async logTail(trialUid: string): Promise<string | undefined> {
    return this.#logTails.get(trialUid)
  }

  async delete(trialUid: string): Promise<void> {
    this.#trials.delete(trialUid)
    this.#logTails.delete(trialUid)
    this.#goneSinceMs.delete(trialUid)
  }

  async trialUids({ after = '', limit }: { readonly after?: string; readonly limit: number }) {
    const uids = new Set([...this.#trials.keys(), ...this.#logTails.keys()])
    return [...uids]
      .filter(uid => uid > after)
      .sort()
      .slice(0, limit)
  }

  async sweep(gone: readonly string[], forMs: number): Promise<number> {
    const nowMs = this.#now().getTime()
    const due = gone.filter(uid => getOrSet(this.#goneSinceMs, uid, () => nowMs) <= nowMs - forMs)
    for (const uid of due) await this.delete(uid)
    return due.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed.close()
  }

  #missed(missedMs: number): readonly ObservationChange[] {
    const sinceMs = this.#now().getTime() - missedMs
    return [...this.#trials].flatMap(([trialUid, attempts]) => {
      const changed = [...attempts.values()].filter(({ changedAtMs }) => changedAtMs >= sinceMs)
      return changed.length === 0 ? [] : [{ trialUid, final: changed.some(({ final }) => final) }]
    })
  }

  /** 1 for a row that was not there. */
  #add(record: AttemptRecord, row: StoredRow): number {
    const { metricName, value, sequence, stream } = row
    const series = getOrSet(
      record.series,
      `${stream}\0${metricName}`,
      (): Series => ({
        stream,
        rows: new Map(),
        summary: { metricName, latest: '', latestSequence: -1, count: 0, thinned: false },
      }),
    )
    if (series.rows.has(sequence) || sequence <= (series.thinnedThrough ?? Number.NEGATIVE_INFINITY)) return 0
    series.rows.set(sequence, row)
    const finite = finiteNumber(value) === undefined ? undefined : value
    const { summary } = series
    const min = lower(summary.min, finite)
    const max = higher(summary.max, finite)
    series.summary = {
      ...summary,
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      ...(sequence > summary.latestSequence && { latest: value, latestSequence: sequence }),
      count: summary.count + 1,
    }
    return 1
  }

  #thin(attempts: Map<number, AttemptRecord>): void {
    const all = [...attempts.values()].flatMap(record => [...record.series.values()])
    const rowCount = all.reduce((sum, one) => sum + one.rows.size, 0)
    if (rowCount <= this.#maxRows) return
    for (const series of all) {
      const rows = [...series.rows.values()].sort(inOrder)
      const gone = series.summary.count - rows.length
      for (const [i, row] of rows.entries()) if (!this.#ordinals.has(row)) this.#ordinals.set(row, i + 1 + gone)
      const kept = thin(rows.map(row => ({ row, sequence: row.sequence, number: finiteNumber(row.value) })))
      series.rows = new Map(kept.map(({ row }) => [row.sequence, row]))
      series.thinnedThrough = series.summary.latestSequence
      series.summary = { ...series.summary, thinned: true }
    }
  }

  #newest(trialUid: string): { attempt: number; record: AttemptRecord } | undefined {
    const attempts = this.#trials.get(trialUid)
    if (attempts === undefined) return undefined
    const attempt = Math.max(...attempts.keys())
    return { attempt, record: attempts.get(attempt) as AttemptRecord }
  }

  #acknowledged(trialUid: string, attempt: number, stream: string): number {
    const series = [...(this.#trials.get(trialUid)?.get(attempt)?.series.values() ?? [])]
    return Math.max(-1, ...series.filter(one => one.stream === stream).map(one => one.summary.latestSequence))
  }
}

function inOrder(a: StoredRow, b: StoredRow): number {
  if (a.attempt !== b.attempt) return a.attempt - b.attempt
  if (a.sequence !== b.sequence) return a.sequence - b.sequence
  return a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.metricName < b.metricName ? -1 : 1
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
