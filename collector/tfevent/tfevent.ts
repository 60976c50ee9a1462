/**
 * Scalars in TensorBoard event files: every file below a directory, each followed as it grows.
 *
 * A metric's name is a tag. As in Katib, the part of the name before its last `/` may be the directory of the file
 * (`train/accuracy` is tag `accuracy` in a file of directory `train`), and TensorFlow's numbered tags (`accuracy_1`) and
 * scopes (`accuracy/value`) count as the tag where the tag itself does not occur.
 */
import { readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { CollectedMetric, Collector } from '../collector.ts'
import type { Evidence } from '../doctor/evidence.ts'
import { type CollectorClock, FileWatch } from '../following/file-watch.ts'
import { GrowingFile } from '../following/growing-file.ts'
import { RefusedFile } from '../following/regular-file.ts'
import { rfc3339OfSeconds } from '../log/timestamp.ts'
import { readEvent, type ScalarEvent } from './event.ts'
import { RecordSplitter } from './records.ts'

export interface EventDirectory {
  readonly path: string
  /** The files must really lie below this directory. */
  readonly root: string
  readonly clock: CollectorClock
  readonly evidence: Evidence
}

export const tfeventCollector: Collector<EventDirectory> = { kind: 'TensorFlowEvent', collect }

async function* collect(
  source: EventDirectory,
  metricNames: ReadonlySet<string>,
  ended: AbortSignal,
): AsyncGenerator<readonly CollectedMetric[]> {
  using watch = new FileWatch(source.path, source.clock, ended)
  using files = new DisposableStack()
  const known = new Map<string, EventFile | undefined>()
  while (true) {
    const isLastLook = ended.aborted
    for (const path of eventFiles(source.path)) {
      if (!known.has(path)) known.set(path, opened(path, source, metricNames, files))
      yield* known.get(path)?.newRows() ?? []
    }
    if (isLastLook) return
    await watch.next()
  }
}

function opened(
  path: string,
  source: EventDirectory,
  metricNames: ReadonlySet<string>,
  files: DisposableStack,
): EventFile {
  const directory = relative(source.path, dirname(path))
  return files.use(
    new EventFile({ path, root: source.root }, join(source.path, directory), metricNames, source.evidence),
  )
}

/** One event file and what it has said so far. */
class EventFile {
  #file: GrowingFile
  #rows: CollectedMetric[] = []
  #evidence: Evidence
  #records: RecordSplitter
  #isRefused = false

  constructor(
    place: { path: string; root: string },
    directory: string,
    metricNames: ReadonlySet<string>,
    evidence: Evidence,
  ) {
    const tags = new Tags(metricNames, directory)
    const sequences = new Map<string, number>()
    this.#file = new GrowingFile(place)
    this.#evidence = evidence
    this.#records = new RecordSplitter(data => {
      const event = readEvent(data)
      if (event) this.#rows.push(...rowsOf(event, tags, sequences, evidence))
    })
  }

  /** In batches, one for each chunk that held any. */
  *newRows(): Generator<readonly CollectedMetric[]> {
    if (this.#isRefused) return
    const wasBroken = this.#records.isBroken
    try {
      for (let chunk = this.#file.read(); chunk !== undefined; chunk = this.#file.read()) {
        if (chunk.restarted) this.#records.restart()
        this.#records.push(chunk.bytes)
        if (this.#rows.length > 0) yield this.#rows
        this.#rows = []
      }
    } catch (cause) {
      if (!(cause instanceof RefusedFile)) throw cause
      this.#isRefused = true
      this.#evidence.badLineCount++
    }
    if (this.#records.isBroken && !wasBroken) this.#evidence.badLineCount++
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }
}

/**
 * A value's sequence is its wall time in microseconds, so that the files of a restarted writer follow one another. Equal
 * times of a metric in one file are told apart by one microsecond, in the same way at every reading.
 */
function rowsOf(
  event: ScalarEvent,
  tags: Tags,
  sequences: Map<string, number>,
  evidence: Evidence,
): readonly CollectedMetric[] {
  const time = rfc3339OfSeconds(event.wallTime)
  const microseconds = time === undefined ? 0 : Math.max(0, Math.round(event.wallTime * 1e6))
  return event.scalars.flatMap(({ tag, value }) => {
    evidence.scalar(tag)
    return tags.metricsOf(tag).map(metricName => {
      const sequence = Math.max(microseconds, (sequences.get(metricName) ?? -1) + 1)
      sequences.set(metricName, sequence)
      evidence.metric(metricName)
      const step = Number.isSafeInteger(event.step) && event.step >= 0 ? event.step : undefined
      return { metricName, value, sequence, ...(time && { time }), ...(step !== undefined && { step }) }
    })
  })
}

/** Which metrics a tag means, in the files of one directory. */
class Tags {
  #wanted: readonly { readonly metricName: string; readonly tag: string; readonly isHere: boolean }[]
  #exact = new Set<string>()

  constructor(metricNames: ReadonlySet<string>, directory: string) {
    this.#wanted = [...metricNames].map(metricName => {
      const cut = metricName.lastIndexOf('/')
      const folder = metricName.slice(0, Math.max(0, cut))
      const isHere = folder === '' || directory === folder || directory.endsWith(`${sep}${folder}`)
      return { metricName, tag: metricName.slice(cut + 1), isHere }
    })
  }

  metricsOf(tag: string): readonly string[] {
    return this.#wanted.flatMap(({ metricName, tag: wanted, isHere }) => {
      if (tag === metricName || (isHere && tag === wanted)) {
        this.#exact.add(metricName)
        return [metricName]
      }
      const isLike = isHere && !this.#exact.has(metricName) && tag.startsWith(wanted)
      return isLike && /^(_\d+|\/.*)$/s.test(tag.slice(wanted.length)) ? [metricName] : []
    })
  }
}

const DEPTH_LIMIT = 8
const FILE_LIMIT = 1_000

/** Event files by name, oldest first within a directory, since their names begin with the time they were made at. */
function eventFiles(directory: string, depth = 0): readonly string[] {
  if (depth > DEPTH_LIMIT) return []
  try {
    const entries = readdirSync(directory, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const found = entries.flatMap(entry => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return eventFiles(path, depth + 1)
      return entry.name.includes('tfevents') ? [path] : []
    })
    return found.slice(0, FILE_LIMIT)
  } catch {
    // Not there yet, or gone again: the next look sees.
    return []
  }
}
