/**
 * The text formats of Prometheus: exposition format 0.0.4 and OpenMetrics 1.0. One sample a line,
 * `name{label="value",...} number [timestamp] [# exemplar]`; lines that begin with `#` say something else.
 */
import { numberText } from '../log/number-text.ts'

export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: string
  /** As it stands there: milliseconds in format 0.0.4, seconds in OpenMetrics. */
  readonly timestamp?: number
}

/** Samples in order; lines that are no sample are passed over. */
export function readExposition(text: string): readonly Sample[] {
  return text.split('\n').flatMap(line => readSample(line.trim()) ?? [])
}

/** A name, or a selector `name{label="value"}`, which the Experiment writes as the metric's name. */
export function readSelector(text: string): { name: string; labels: ReadonlyMap<string, string> } | undefined {
  const name = NAME.exec(text)?.[0]
  if (name === undefined) return undefined
  const labels = readLabels(text, name.length)
  return labels !== undefined && labels.end === text.length ? { name, labels: labels.labels } : undefined
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_.]*/y

function readSample(line: string): Sample | undefined {
  const name = line.startsWith('#') ? undefined : NAME.exec(line)?.[0]
  if (name === undefined) return undefined
  const found = readLabels(line, name.length)
  if (found === undefined) return undefined
  const [valueText = '', stamp] = line.slice(found.end).split('#')[0].trim().split(/\s+/)
  const value = numberText(valueText)
  if (value === undefined) return undefined
  const timestamp = stamp === undefined ? Number.NaN : Number(stamp)
  return { name, labels: found.labels, value, ...(Number.isFinite(timestamp) && { timestamp }) }
}

/** Labels at `start`, where there may be none. `undefined`: they are malformed. */
function readLabels(text: string, start: number): { labels: ReadonlyMap<string, string>; end: number } | undefined {
  const labels = new Map<string, string>()
  let at = spaceEnd(text, start)
  if (text[at] !== '{') return { labels, end: start }
  at = spaceEnd(text, at + 1)
  while (text[at] !== '}') {
    LABEL_NAME.lastIndex = at
    const name = LABEL_NAME.exec(text)?.[0]
    if (name === undefined) return undefined
    at = spaceEnd(text, at + name.length)
    if (text[at] !== '=') return undefined
    const value = readQuoted(text, spaceEnd(text, at + 1))
    if (value === undefined) return undefined
    labels.set(name, value.text)
    at = spaceEnd(text, value.end)
    if (text[at] === ',') at = spaceEnd(text, at + 1)
    else if (text[at] !== '}') return undefined
  }
  return { labels, end: at + 1 }
}

/** A text in double quotes, with `\\`, `\"` and `\n`. */
function readQuoted(text: string, start: number): { text: string; end: number } | undefined {
  if (text[start] !== '"') return undefined
  let found = ''
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return { text: found, end: at + 1 }
    if (text[at] !== '\\') found += text[at]
    else found += text[++at] === 'n' ? '\n' : (text[at] ?? '')
  }
  return undefined
}

function spaceEnd(text: string, at: number): number {
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}
