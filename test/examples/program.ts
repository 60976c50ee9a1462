/** Programs of the examples and images, started as a trial starts them, and their logs read as the collector reads them. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { MetricLog } from '#api'
import type { LineFormat, Witness } from '#collector'
import { type Finished, finished, root } from '../support/qalam.ts'

export const isPythonHere = spawnSync('python3', ['--version']).status === 0

/** Says on the console why tests of `what` do not run, where they do not. */
export function sayIfPythonIsAbsent(what: string): void {
  if (!isPythonHere) console.warn(`skipped: ${what}, there is no python3`)
}

/** Starting a few programs at once on a busy machine; each takes about a second. */
export const PROGRAMS_MS = 60_000

/** Runs `program`, a path from the root of the repository, with `interpreter`. */
export function ran(interpreter: string, program: string, ...flags: string[]): Promise<Finished> {
  return finished(spawn(interpreter, [join(root, program), ...flags]))
}

/** What stood before something that is no number, or was no JSON object. */
export class Complaints implements Witness {
  readonly all: string[] = []
  notANumber(metricName: string, text: string): void {
    this.all.push(`${metricName}: ${text}`)
  }
  badLine(line: string): void {
    this.all.push(line)
  }
}

export type FormatOf = (metricNames: ReadonlySet<string>, witness: Witness) => LineFormat

/** Every value of `metricNames` in `log`, in order. Throws where the format complains. */
export function metricsOf(log: string, format: FormatOf, ...metricNames: string[]): readonly MetricLog[] {
  const complaints = new Complaints()
  const read = format(new Set(metricNames), complaints)
  const metrics = log.split('\n').flatMap(line => read(line))
  if (complaints.all.length > 0) throw new Error(complaints.all.join('\n'))
  return metrics
}

export function valuesOf(log: string, format: FormatOf, metricName: string): readonly number[] {
  return metricsOf(log, format, metricName).map(({ value }) => Number(value))
}
