/** `qalam test-metrics`: what a collector would read from a log, and why a metric would be missing. */
import { readFileSync } from 'node:fs'
import { type Examination, examine, examineEvents, examinePage } from '#collector'
import { systemClock } from '#kube'
import { CommandError, EXIT } from './exit.ts'
import { table } from './output/table.ts'

interface TestMetricsOptions {
  readonly file: string
  readonly collector: string
  readonly metric: readonly string[]
  readonly filter: readonly string[]
  readonly format: string
  readonly output?: string
}

export async function testMetrics(options: TestMetricsOptions): Promise<void> {
  if (options.metric.length === 0) throw new CommandError(EXIT.usage, 'name the objective with --metric')
  const found = await examined(options)
  process.stdout.write(`${options.output === 'json' ? JSON.stringify(found, undefined, 2) : describe(found)}\n`)
  if (found.diagnosis !== undefined) throw new CommandError(EXIT.noUsableTrial, found.diagnosis)
}

function examined({ collector, file, filter, format: formatName, metric }: TestMetricsOptions): Promise<Examination> {
  const format = formatName.toUpperCase()
  if (format !== 'TEXT' && format !== 'JSON')
    throw new CommandError(EXIT.usage, `--format ${formatName}: expected text or json`)
  switch (collector.toLowerCase()) {
    case 'stdout':
    case 'file':
      return examine(bytesOf(file), { metricNames: metric, format, filters: filter })
    case 'tensorflowevent':
      return examineEvents(file, metric, systemClock)
    case 'prometheusmetric':
      return examinePage(Buffer.from(bytesOf(file)).toString(), metric, systemClock)
    default:
      throw new CommandError(
        EXIT.usage,
        `--collector ${collector}: expected StdOut, File, TensorFlowEvent or PrometheusMetric`,
      )
  }
}

function describe(found: Examination): string {
  const rows = found.metrics.map(metric => [
    metric.metricName,
    String(metric.count),
    metric.first,
    metric.latest,
    `${metric.lineNumber}`,
    metric.line.trim().slice(0, 80),
  ])
  const lines = `${found.lineCount} lines read`
  return rows.length === 0
    ? lines
    : `${table(['METRIC', 'VALUES', 'FIRST', 'LATEST', 'LINE', 'FIRST LINE'], rows)}\n${lines}`
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw new CommandError(EXIT.usage, `${file}: no such file`, { cause })
  }
}
