/** `qalam test-metrics`: what a collector would read from a log, and why a metric would be missing. */
import { readFileSync } from 'node:fs'
import { examine } from '#collector'
import { CommandError, EXIT } from './exit.ts'
import { table } from './table.ts'

interface TestMetricsOptions {
  readonly file: string
  readonly metric: readonly string[]
  readonly filter: readonly string[]
  readonly format: string
  readonly output?: string
}

export async function testMetrics(options: TestMetricsOptions): Promise<void> {
  const format = options.format.toUpperCase()
  if (format !== 'TEXT' && format !== 'JSON')
    throw new CommandError(EXIT.usage, `--format ${options.format}: expected text or json`)
  if (options.metric.length === 0) throw new CommandError(EXIT.usage, 'name the objective with --metric')
  const found = await examine(bytesOf(options.file), { metricNames: options.metric, format, filters: options.filter })
  process.stdout.write(`${options.output === 'json' ? JSON.stringify(found, undefined, 2) : describe(found)}\n`)
  if (found.diagnosis !== undefined) throw new CommandError(EXIT.noUsableTrial, found.diagnosis)
}

function describe(found: Awaited<ReturnType<typeof examine>>): string {
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
