import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Evidence, type FileSource, fileCollector, jsonFormat, stdOutCollector, textFormat } from '#collector'
import type { ManualClock } from '../collector/manual-clock.ts'
import { type Conformance, conformsAsCollector } from './collector.ts'

/** A file that says a value as one line. */
function lines(
  collector: Conformance<FileSource>['collector'],
  formatOf: typeof textFormat,
  line: (metricName: string, value: string) => string,
): Conformance<FileSource> {
  return {
    collector,
    open(clock: ManualClock) {
      const root = mkdtempSync(join(tmpdir(), 'collector-'))
      const path = join(root, 'metrics.log')
      const evidence = new Evidence('loss')
      const format = (names: ReadonlySet<string>) => formatOf(names, evidence)
      return {
        source: { path, root, clock, evidence, format },
        say: (metricName, value) => appendFileSync(path, `${line(metricName, value)}\n`),
        sayHalf: (metricName, value) => appendFileSync(path, line(metricName, value).slice(0, -1)),
        sayNoise: bytes => appendFileSync(path, Buffer.concat([bytes, Buffer.from('\n')])),
        [Symbol.dispose]: () => rmSync(root, { recursive: true }),
      }
    },
  }
}

conformsAsCollector(
  'StdOut',
  lines(stdOutCollector, textFormat, (name, value) => `INFO ${name}=${value} done`),
)
conformsAsCollector(
  'File of text',
  lines(fileCollector, textFormat, (name, value) => `${name} = ${value}`),
)
conformsAsCollector(
  'File of JSON',
  lines(fileCollector, jsonFormat, (name, value) => JSON.stringify({ [name]: value })),
)
