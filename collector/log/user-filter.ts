/**
 * Filters of the user's own (`metricsFormat`): regular expressions of RE2 syntax whose first group is a metric's name and
 * whose second is its value. The engine takes time linear in the line, so no pattern can stall a trial's metrics; it is
 * imported only when there are filters.
 */
import type { RE2JS } from 're2js'
import { InvalidArguments } from '../arguments.ts'
import type { LineFormat, Witness } from './format.ts'
import { numberText } from './number-text.ts'
import { stamped } from './text-format.ts'

const FILTER_LIMIT = 16
const PATTERN_LIMIT_BYTES = 1024
/** Compiled instructions; `(a{1000}){1000}` would be a million of them. */
const PROGRAM_LIMIT = 10_000

/**
 * Characters that all searches of one filter in one line may look at. One search is linear, but a pattern such as
 * `(a)(.*=)?` looks to the end of the line for each match. Short lines never reach it; a 64 KiB line keeps 8 matches.
 */
const SEARCH_LIMIT = 512 * 1024

/** Lines without a wanted name are looked at for others up to this length, and only at the beginning of a log. */
const SEARCHED_LINE = 1_024

/** A log format of these filters alone, each used on every line. Throws `InvalidArguments` for filters that cannot be used. */
export async function userFormat(
  patterns: readonly string[],
): Promise<(metricNames: ReadonlySet<string>, witness: Witness) => LineFormat> {
  if (patterns.length > FILTER_LIMIT)
    throw new InvalidArguments(`metricsFormat: expected at most ${FILTER_LIMIT} filters, got ${patterns.length}`)
  const engine = (await import('re2js')).RE2JS
  const filters = patterns.map((pattern, i) => compile(engine, pattern, i))
  return (metricNames, witness) => {
    const names = [...metricNames]
    return line => {
      const isSearched = witness.isSearching && line.length <= SEARCHED_LINE
      if (!isSearched && !names.some(name => line.includes(name))) return []
      const found: { metricName: string; value: string }[] = []
      for (const filter of filters) search(filter, line, metricNames, witness, found)
      return found.length === 0 ? found : stamped(found, line)
    }
  }
}

function compile(engine: typeof RE2JS, pattern: string, i: number): RE2JS {
  const place = `metricsFormat[${i}]`
  if (Buffer.byteLength(pattern) > PATTERN_LIMIT_BYTES)
    throw new InvalidArguments(`${place}: expected at most ${PATTERN_LIMIT_BYTES} bytes`)
  let filter: RE2JS
  try {
    filter = engine.compile(pattern)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidArguments(`${place}: expected a regular expression of RE2 syntax, got "${pattern}": ${why}`)
  }
  if (filter.groupCount() < 2)
    throw new InvalidArguments(`${place}: expected two groups, the metric's name and its value, got "${pattern}"`)
  if (filter.programSize() > PROGRAM_LIMIT)
    throw new InvalidArguments(`${place}: the pattern is too large: "${pattern}"`)
  return filter
}

function search(
  filter: RE2JS,
  line: string,
  metricNames: ReadonlySet<string>,
  witness: Witness,
  found: { metricName: string; value: string }[],
): void {
  const matcher = filter.matcher(line)
  let looked = line.length
  while (looked <= SEARCH_LIMIT && matcher.find()) {
    looked += line.length - matcher.start()
    const metricName = matcher.group(1)?.trim() ?? ''
    if (!metricNames.has(metricName)) {
      witness.otherName?.(metricName, line)
      continue
    }
    const text = matcher.group(2)?.trim() ?? ''
    const value = numberText(text)
    if (value === undefined) witness.notANumber(metricName, text)
    else found.push({ metricName, value })
  }
}
