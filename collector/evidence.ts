/** What a collector saw besides metrics: kept small while it reads, used once, when the objective never came. */
import { isNameCode, scanAssignments } from './default-filter.ts'
import type { Witness } from './format.ts'

/** Lines and names are counted for the whole source; other names are looked for until the objective has been seen. */
export class Evidence implements Witness {
  lineCount = 0
  badLineCount = 0
  longLineCount = 0
  /** The first value of a wanted metric that was no number, and how many there were. */
  readonly notNumbers = new Map<string, { readonly first: string; count: number }>()
  readonly metricCounts = new Map<string, number>()
  /** Names that were given values but not asked for, with one example line. At most 50. */
  readonly otherNames = new Map<string, string>()
  /** A line that holds the objective's name, but not as a metric. */
  lineWithObjective: string | undefined
  /** Why the source was not read at all. */
  refusal: string | undefined
  #objective: string | undefined

  constructor(objective: string | undefined) {
    this.#objective = objective
  }

  get hasSeenObjective(): boolean {
    return this.#objective === undefined ? this.metricCounts.size > 0 : this.metricCounts.has(this.#objective)
  }

  notANumber(metricName: string, text: string): void {
    const seen = this.notNumbers.get(metricName)
    if (seen) seen.count++
    else this.notNumbers.set(metricName, { first: text.trim().slice(0, 40), count: 1 })
  }

  badLine(line: string): void {
    this.badLineCount++
    this.lineWithObjective ??= this.#mentionsObjective(line) ? line.slice(0, 200) : undefined
  }

  metric(name: string): void {
    this.metricCounts.set(name, (this.metricCounts.get(name) ?? 0) + 1)
  }

  line(line: string): void {
    this.lineCount++
    if (this.lineCount > LINES_SEARCHED || this.hasSeenObjective) return
    if (this.lineWithObjective === undefined && this.#mentionsObjective(line))
      this.lineWithObjective = line.slice(0, 200)
    scanAssignments(line, [], name => this.#other(name, line))
    for (const [, name] of line.matchAll(COLON_VALUE)) this.#other(name, line)
  }

  /** A tag of an event file, a name of a scrape. Each counts as a line. */
  scalar(name: string): void {
    this.lineCount++
    if (!this.hasSeenObjective) this.#other(name, '')
  }

  #other(name: string, line: string): void {
    if (this.otherNames.size < 50 && name.length <= 253 && !this.otherNames.has(name))
      this.otherNames.set(name, line.slice(0, 200))
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
