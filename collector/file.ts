/**
 * Metrics in a file: a log (StdOut, which the trial's shell writes into a file) or a file of the trial's own (File).
 * A value's sequence is the byte offset of its line's end, so a file read twice says the same thing twice. After a rotation or
 * truncation the offsets go on from where the old file ended, so that later values stay later; with a bookmark they do so as
 * well in a collector that is started after it.
 */
import type { MetricLog } from '#api'
import type { CollectedMetric, Collector } from './collector.ts'
import type { Evidence } from './doctor/evidence.ts'
import type { Bookmark } from './following/bookmark.ts'
import { type FollowedFile, follow } from './following/follow.ts'
import { GrowingFile, type Restart } from './following/growing-file.ts'
import type { LineFormat } from './log/format.ts'
import { LineSplitter } from './log/lines.ts'

export interface FileSource extends FollowedFile {
  readonly format: (metricNames: ReadonlySet<string>) => LineFormat
  readonly evidence: Evidence
  /** Receives every byte once, in order, as it is followed. */
  readonly onBytes?: (bytes: Uint8Array) => void
  /** The bytes that follow begin another file, or the same one anew. */
  readonly onRestart?: (how: Restart) => void
  readonly bookmark?: Bookmark
  /** Resolves when all rows that were yielded are durable. Asked before the bookmark leaves a file that may never be found again. */
  readonly durable?: () => Promise<void>
}

export const stdOutCollector: Collector<FileSource> = { kind: 'StdOut', collect: collectLines }
export const fileCollector: Collector<FileSource> = { kind: 'File', collect: collectLines }

async function* collectLines(
  source: FileSource,
  metricNames: ReadonlySet<string>,
  ended: AbortSignal,
): AsyncGenerator<readonly CollectedMetric[]> {
  const read = source.format(metricNames)
  const { evidence, bookmark } = source
  let rows: CollectedMetric[] = []
  using reader = new GrowingFile(source, bookmark, source.cap !== undefined)
  const lines = new LineSplitter((line, endOffset, startOffset) => {
    const metrics = read(line)
    for (const metric of metrics) evidence.metric(metric.metricName)
    evidence.line(line)
    if (metrics.length > 0) rows.push(...sequenced(metrics, startOffset, endOffset))
  }, reader.offset)
  for await (const { bytes, restarted } of follow(source, reader, ended)) {
    if (restarted) {
      lines.end()
      if (rows.length > 0) yield rows
      rows = []
      await source.durable?.()
      source.onRestart?.(restarted)
    }
    bookmark?.write(reader.place)
    lines.push(bytes)
    source.onBytes?.(bytes)
    if (rows.length === 0) continue
    yield rows
    rows = []
  }
  lines.end()
  evidence.longLineCount = lines.longLineCount
  if (rows.length > 0) yield rows
}

/**
 * A metric named once on a line gets the offset of the line's end. Named n times, its values get the n offsets up to it:
 * in order, unique (each took a byte at least), and the same at every reading.
 */
function sequenced(metrics: readonly MetricLog[], startOffset: number, endOffset: number): readonly CollectedMetric[] {
  if (metrics.length === 1) return [{ ...metrics[0], sequence: endOffset }]
  const left = new Map<string, number>()
  for (const { metricName } of metrics) left.set(metricName, (left.get(metricName) ?? 0) + 1)
  return metrics.map(metric => {
    const later = left.get(metric.metricName)! - 1
    left.set(metric.metricName, later)
    return { ...metric, sequence: Math.max(startOffset + 1, endOffset - later) }
  })
}
