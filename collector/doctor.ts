/** The metric doctor: what a collector would find in a log, and why something is missing. The same reader as in a trial. */
import type { CollectorArguments } from './arguments.ts'
import { diagnose } from './diagnosis.ts'
import { Evidence, type Sighting } from './evidence.ts'
import { lineFormat } from './line-format.ts'
import { LineSplitter } from './lines.ts'

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
  /** Of the first value, counted from 1, and its text. */
  readonly lineNumber: number
  readonly line: string
}

/** Rejects with `InvalidArguments` for filters that cannot be used. `source` is how the diagnosis calls the log. */
export async function examine(
  log: Uint8Array,
  args: Pick<CollectorArguments, 'metricNames' | 'format' | 'filters'>,
  source = 'the log',
): Promise<Examination> {
  const objective = args.metricNames[0]
  const evidence = new Evidence(objective)
  const read = (await lineFormat(args))(new Set(args.metricNames), evidence)
  const metrics = new Map<string, ExaminedMetric>()
  let lineNumber = 0
  const lines = new LineSplitter(line => {
    lineNumber++
    for (const { metricName, value } of read(line)) {
      evidence.metric(metricName)
      const known = metrics.get(metricName) ?? { metricName, count: 0, first: value, lineNumber, line, latest: value }
      metrics.set(metricName, { ...known, count: known.count + 1, latest: value })
    }
    evidence.line(line)
  })
  lines.push(log)
  lines.end()
  const diagnosis = diagnose({ ...args, objective, source }, evidence)
  return {
    lineCount: evidence.lineCount,
    longLineCount: lines.longLineCount,
    badLineCount: evidence.badLineCount,
    metrics: [...metrics.values()],
    notNumbers: [...evidence.notNumbers].map(([metricName, seen]) => ({ metricName, ...seen })),
    otherNames: [...evidence.otherNames].map(([name, sighting]) => ({ name, ...sighting })),
    ...(diagnosis !== undefined && { diagnosis }),
  }
}
