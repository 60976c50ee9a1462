/**
 * The file of QALAM_METRICS_FILE: a trial appends lines such as `loss=0.1 accuracy=0.9 step=3`, from any language, with no
 * library. A line may also be a JSON object. Every name is a metric, except `step` and `time`, which belong to the line.
 */
import type { MetricLog } from '#api'
import type { LineFormat, Witness } from '../log/format.ts'
import { numberText } from '../log/number-text.ts'
import { rfc3339OfSeconds, rfc3339Text } from '../log/timestamp.ts'

/** The stream of what a trial pushes with a time, by whichever way: said twice it is one row. */
export const PUSH_STREAM = 'push'

/**
 * A pushed value's place in its stream: microseconds since 1970; below 2^53 for the next two centuries. Digits that a
 * coarser time leaves open are filled from the step, so that two steps of one second are two values.
 */
export function pushSequence(time: string, step = 0): number {
  const fraction = (/\.(\d+)/.exec(time)?.[1] ?? '').slice(0, 6)
  const open = 10 ** (6 - fraction.length)
  const whole = Math.floor(Date.parse(time) / 1000) * 1_000_000
  return Math.max(0, whole + Number(fraction) * open + (step % open))
}

/** Words that are no `name=number` are told to the witness and passed over; a name with spaces stands in double quotes. */
export function pushFormat(witness: Witness): LineFormat {
  return line => {
    const words = line.trimStart().startsWith('{') ? jsonWords(line) : plainWords(line)
    if (words === undefined) {
      witness.badLine(line)
      return []
    }
    const step = Number(words.find(([name]) => name === 'step')?.[1] ?? Number.NaN)
    const stamp = words.find(([name]) => name === 'time' || name === 'timestamp')?.[1]
    const time = stamp === undefined ? undefined : (rfc3339Text(stamp) ?? rfc3339OfSeconds(Number(stamp)))
    const place = { ...(time && { time }), ...(Number.isSafeInteger(step) && step >= 0 && { step }) }
    return words.flatMap(([metricName, text]): readonly MetricLog[] => {
      if (LINE_WORDS.has(metricName)) return []
      const value = numberText(text)
      if (value === undefined) witness.notANumber(metricName, text)
      return value === undefined ? [] : [{ metricName, value, ...place }]
    })
  }
}

type Word = readonly [name: string, text: string]
const LINE_WORDS = new Set(['step', 'time', 'timestamp'])
const WORD = /(?:"([^"]{1,253})"|([^\s="]{1,253}))=(\S{0,64})(?=\s|$)/y

function plainWords(line: string): readonly Word[] | undefined {
  const words: Word[] = []
  WORD.lastIndex = spaceEnd(line, 0)
  while (WORD.lastIndex < line.length) {
    const match = WORD.exec(line)
    if (match === null) return undefined
    words.push([match[1] ?? match[2], match[3]])
    WORD.lastIndex = spaceEnd(line, WORD.lastIndex)
  }
  return words
}

function jsonWords(line: string): readonly Word[] | undefined {
  try {
    const parsed: object = JSON.parse(line)
    return Object.entries(parsed).flatMap(([name, value]) =>
      typeof value === 'number' || typeof value === 'string' ? [[name, String(value).trim()] as const] : [],
    )
  } catch {
    return undefined
  }
}

function spaceEnd(line: string, at: number): number {
  while (at < line.length && /\s/.test(line[at])) at++
  return at
}
