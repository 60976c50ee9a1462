/** How one line becomes values: the contract of the text formats, and what they leave for the diagnosis. */
import type { MetricLog } from '#api'

/** Reads one complete line. Never throws: a line it cannot read holds no metric. */
export type LineFormat = (line: string) => readonly MetricLog[]

/** Hears of what was nearly a metric. Called on the hot path: implementations are cheap. */
export interface Witness {
  /** A wanted name stood before something that is no number. */
  notANumber(metricName: string, text: string): void
  /** A line of a JSON format that is no JSON object. */
  badLine(line: string): void
  /** A filter of the user's took this name, which nobody wants. */
  otherName?(name: string, line: string): void
  /** Lines without a wanted name are still of interest. */
  readonly isSearching?: boolean
}
