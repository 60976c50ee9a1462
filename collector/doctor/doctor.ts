/** The metric doctor: what a collector would find in a log, and why something is missing. The same reader as in a trial. */
import type { CollectorArguments } from '../arguments.ts'
import type { Rows } from '../collector.ts'
import type { CollectorClock } from '../following/file-watch.ts'
import { lineFormat } from '../log/line-format.ts'
import { LineSplitter } from '../log/lines.ts'
import { prometheusCollector } from '../prometheus/prometheus.ts'
import { tfeventCollector } from '../tfevent/tfevent.ts'
import { diagnose } from './diagnosis.ts'
import { Evidence, type Sighting } from './evidence.ts'
import { filesBelow } from './files-below.ts'

export interface Examination {
  readonly lineCount: number
  /** Lines cut at 64 KiB, lines that are no JSON in a JSON file. */
  readonly longLineCount: number
  readonly badLineCount: number
  /** Every metric that was found, in the order of first sight. */
  readonly metrics: readonly ExaminedMetric[]
  /** Values of wanted metrics that are no numbers. */
  readonly notNumbers: readonly { readonly metricName: string; readonly first: string; readonly count: number }[]
  /** Names that were given values but not asked for, each with its first line; only where the objective is missing. */
  readonly otherNames: readonly ({ readonly name: string } & Sighting)[]
  /** Why the objective is missing; absent when it is not. */
  readonly diagnosis?: string
}

export interface ExaminedMetric {
  readonly metricName: string
  readonly count: number
  readonly first: string
  readonly latest: string
  /** Of the first value, counted from 1, and its text: a line, or what stands for one. */
  readonly lineNumber: number
  readonly line: string
}

/** Rejects with `InvalidArguments` for filters that cannot be used. `source` is how the diagnosis calls the log. */
export async function examine(
  log: Uint8Array,
  args: Pick<CollectorArguments, 'metricNames' | 'format' | 'filters'>,
  source = 'the log',
): Promise<Examination> {
  const evidence = new Evidence(args.metricNames[0])
  const read = (await lineFormat(args))(new Set(args.metricNames), evidence)
  const metrics = new Found()
  let lineNumber = 0
  const lines = new LineSplitter(line => {
    lineNumber++
    for (const metric of read(line)) {
      evidence.metric(metric.metricName)
      metrics.add(metric, lineNumber, line)
    }
    evidence.line(line)
  })
  lines.push(log)
  lines.end()
  evidence.longLineCount = lines.longLineCount
  return examination({ ...args, source }, evidence, metrics)
}

/** The same for a directory of event files, or one such file's directory. */
export async function examineEvents(
  path: string,
  metricNames: readonly string[],
  clock: CollectorClock,
): Promise<Examination> {
  const evidence = new Evidence(metricNames[0])
  const names = new Set(metricNames)
  const files = filesBelow(path, path)
  if (!files.some(file => file.includes('tfevents'))) evidence.filesInstead = files
  const rows = tfeventCollector.collect({ path, root: path, clock, evidence }, names, AbortSignal.abort())
  return collected(rows, { metricNames, format: 'TensorFlowEvent', filters: [], source: path }, evidence)
}

/** The same for a page of metrics that was saved. */
export async function examinePage(
  text: string,
  metricNames: readonly string[],
  clock: CollectorClock,
): Promise<Examination> {
  const evidence = new Evidence(metricNames[0])
  const scrape = async () => ({ text, contentType: '' })
  const rows = prometheusCollector.collect({ scrape, clock, evidence }, new Set(metricNames), AbortSignal.abort())
  return collected(rows, { metricNames, format: 'PrometheusMetric', filters: [], source: 'the page' }, evidence)
}

type Subject = Pick<CollectorArguments, 'metricNames' | 'format' | 'filters'> & { readonly source: string }

async function collected(rows: Rows, subject: Subject, evidence: Evidence): Promise<Examination> {
  const metrics = new Found()
  let number = 0
  for await (const batch of rows)
    for (const metric of batch) metrics.add(metric, ++number, `${metric.metricName} ${metric.value}`)
  return examination(subject, evidence, metrics)
}

/** Metrics in the order of first sight. */
class Found {
  readonly #metrics = new Map<string, ExaminedMetric>()

  add({ metricName, value }: { metricName: string; value: string }, lineNumber: number, line: string): void {
    const first = { metricName, count: 0, first: value, lineNumber, line, latest: value }
    const known = this.#metrics.get(metricName) ?? first
    this.#metrics.set(metricName, { ...known, count: known.count + 1, latest: value })
  }

  get all(): readonly ExaminedMetric[] {
    return [...this.#metrics.values()]
  }
}

function examination(subject: Subject, evidence: Evidence, metrics: Found): Examination {
  const diagnosis = diagnose({ ...subject, objective: subject.metricNames[0] }, evidence)
  return {
    lineCount: evidence.lineCount,
    longLineCount: evidence.longLineCount,
    badLineCount: evidence.badLineCount,
    metrics: metrics.all,
    notNumbers: [...evidence.notNumbers].map(([metricName, seen]) => ({ metricName, ...seen })),
    otherNames: [...evidence.otherNames].map(([name, sighting]) => ({ name, ...sighting })),
    ...(diagnosis !== undefined && { diagnosis }),
  }
}
