/**
 * The collector of a trial that reports by itself: follows the file of QALAM_METRICS_FILE, to which its program appends.
 *
 * A line with a time goes where the same report over REST would go, under the same sequence: a program that could not tell
 * whether its post arrived writes it to the file as well, and it is one row. Other lines have a stream of their own, by
 * byte offset. A trial that leaves the file alone is not reported at all, since it may report in other ways.
 */
import { dirname } from 'node:path'
import type { CollectedMetric, Sink } from '../collector.ts'
import type { CollectorRun } from '../collector-run.ts'
import { deliverAll } from '../delivery/deliver-all.ts'
import { diagnose } from '../doctor/diagnosis.ts'
import { Evidence } from '../doctor/evidence.ts'
import { fileCollector } from '../file.ts'
import { Bookmark } from '../following/bookmark.ts'
import { PUSH_STREAM, pushFormat, pushSequence } from './push-file.ts'

export interface PushFileRun extends Omit<CollectorRun, 'args' | 'mounts'> {
  /** On this machine; the directory is the trial's own. */
  readonly path: string
  readonly objective: string
}

/** Resolves after the final report, if there is one, is durable. Never rejects for what a trial does. */
export async function runPushFile(run: PushFileRun): Promise<void> {
  const { objective, path, clock, ended } = run
  const evidence = new Evidence(objective)
  using bookmark = run.bookmark === undefined ? undefined : new Bookmark(run.bookmark, run.proc)
  const followed = { path, root: dirname(path), clock, evidence, format: () => pushFormat(evidence) }
  const isUsed = () => evidence.lineCount > 0 || evidence.refusal !== undefined
  await deliverAll(
    { ...run, sink: byTime(run.sink, isUsed) },
    durable => fileCollector.collect({ ...followed, durable, ...(bookmark && { bookmark }) }, new Set(), ended),
    evidence,
    () =>
      isUsed()
        ? diagnose({ objective, source: 'QALAM_METRICS_FILE', format: 'TEXT', filters: [] }, evidence)
        : undefined,
  )
}

/** Rows with a time first, as pushes; the rest, and the final, as they come. */
function byTime(sink: Sink, isUsed: () => boolean): Sink {
  return {
    async report(report) {
      const timed = report.rows.flatMap(row => (row.time === undefined ? [] : [asPushed(row, row.time)]))
      const rows = report.rows.filter(row => row.time === undefined)
      const { trialUid, attempt } = report
      if (timed.length > 0) await sink.report({ trialUid, attempt, stream: PUSH_STREAM, rows: timed })
      if (rows.length > 0 || (report.final && isUsed())) await sink.report({ ...report, rows })
    },
  }
}

const asPushed = (row: CollectedMetric, time: string) => ({ ...row, sequence: pushSequence(time, row.step) })
