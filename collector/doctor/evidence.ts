/** What a collector saw besides metrics: kept small while it reads, used once, when the objective never came. */
import { isNameCode, scanAssignments } from '../log/default-filter.ts'
import type { Witness } from '../log/format.ts'

/** A line that shows something, and its number in the source, from 1. */
export interface Sighting {
  readonly line: string
  readonly lineNumber: number
}

/** Lines and names are counted for the whole source; other names are looked for until the objective has been seen. */
export class Evidence implements Witness {
  lineCount = 0
  badLineCount = 0
  longLineCount = 0
  /** The first value of a wanted metric that was no number, and how many there were. */
  readonly notNumbers = new Map<string, { readonly first: string; count: number }>()
  readonly metricCounts = new Map<string, number>()
  /** Names that were given values but not asked for, with the first line of each. At most 50. */
  readonly otherNames = new Map<string, Sighting>()
  /** Names that the user's own filters took. At most 50. */
  readonly filteredNames = new Map<string, Sighting>()
  /** A line that holds the objective's name, but not as a metric. */
  objectiveLine: Sighting | undefined
  /** Why the source was not read at all. */
  refusal: string | undefined
  /** What was never created was this source; the files that were, as the trial calls them. */
  filesInstead: readonly string[] | undefined
  #objective: string | undefined

  constructor(objective: string | undefined) {
    this.#objective = objective
  }

  get hasSeenObjective(): boolean {
    return this.#objective === undefined ? this.metricCounts.size > 0 : this.metricCounts.has(this.#objective)
  }

  /** Lines are still looked at for what was meant. */
  get isSearching(): boolean {
    return this.lineCount < LINES_SEARCHED && !this.hasSeenObjective
  }

  notANumber(metricName: string, text: string): void {
    const seen = this.notNumbers.get(metricName)
    if (seen) seen.count++
    else this.notNumbers.set(metricName, { first: text.trim().slice(0, 40), count: 1 })
  }

  badLine(line: string): void {
    this.badLineCount++
    this.objectiveLine ??= this.#mentionsObjective(line) ? this.#sighting(line, this.lineCount + 1) : undefined
  }

  otherName(name: string, line: string): void {
    this.#note(this.filteredNames, name, line, this.lineCount + 1)
  }

  metric(name: string): void {
    this.metricCounts.set(name, (this.metricCounts.get(name) ?? 0) + 1)
  }

  /** Called after the line was read as a metric, or not. */
  line(line: string): void {
    const isSearched = this.isSearching
    this.lineCount++
    if (!isSearched) return
    if (this.objectiveLine === undefined && this.#mentionsObjective(line))
      this.objectiveLine = this.#sighting(line, this.lineCount)
    scanAssignments(line, [], name => this.#note(this.otherNames, name, line, this.lineCount))
    for (const [, name] of line.matchAll(COLON_VALUE)) this.#note(this.otherNames, name, line, this.lineCount)
  }

  /** A tag of an event file, a series of a scrape, which may be told as it stands there. Each counts as a line. */
  scalar(name: string, text = name): void {
    this.lineCount++
    if (!this.hasSeenObjective) this.#note(this.otherNames, name, text, this.lineCount)
  }

  #note(names: Map<string, Sighting>, name: string, line: string, lineNumber: number): void {
    if (names.size < 50 && name !== '' && name.length <= 253 && !names.has(name))
      names.set(name, this.#sighting(line, lineNumber))
  }

  #sighting(line: string, lineNumber: number): Sighting {
    return { line: line.slice(0, 200), lineNumber }
  }

  #mentionsObjective(line: string): boolean {
    if (this.#objective === undefined) return false
    const at = line.toLowerCase().indexOf(this.#objective.toLowerCase())
    return (
      at !== -1 && !isNameCode(line.charCodeAt(at - 1)) && !isNameCode(line.charCodeAt(at + this.#objective.length))
    )
  }
}

/** `loss: 0.3` and `"loss": 0.3`: how people write values that the default filter does not take. Bounded, so it is linear. */
const COLON_VALUE = /(?<![\w./-])"?([A-Za-z_][\w./-]{0,62})"?\s{0,8}:\s{0,8}"?[+-]?(?:\d|\.\d|nan|inf)/gi
const LINES_SEARCHED = 2_000
