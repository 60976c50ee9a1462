/**
 * What trials came to (S7), computed from what their machine reported and from nothing else: no line of the store, of the
 * controllers or of the search takes part. Slow and plain on purpose.
 */
import type { Reported } from './simulated-jobs.ts'

export interface Observed {
  readonly min: string
  readonly max: string
  readonly latest: string
}

/** What a Trial's observation may say of `loss` after these reports; undefined: nothing. */
export function observedFrom(reported: readonly Reported[]): Observed | undefined {
  const newest = Math.max(...reported.map(({ attempt }) => attempt))
  const values: string[] = []
  for (const { attempt, value } of reported) if (attempt === newest) values.push(value)
  if (values.length === 0) return undefined
  let min: string | undefined
  let max: string | undefined
  for (const value of values) {
    if (!isNumber(value)) continue
    if (min === undefined || parseFloat(value) < parseFloat(min)) min = value
    if (max === undefined || parseFloat(value) > parseFloat(max)) max = value
  }
  return { min: min ?? 'unavailable', max: max ?? 'unavailable', latest: values[values.length - 1] as string }
}

export interface EndedTrial {
  readonly name: string
  readonly completionTime: string
  readonly observed: Observed | undefined
}

export interface Goal {
  readonly direction: string
  readonly strategy: keyof Observed
}

/** A trial's objective as a finite number: by its strategy, where that is none by the latest value. */
export function objectiveOf(observed: Observed | undefined, { strategy }: Goal): number | undefined {
  if (observed === undefined) return undefined
  const text = observed[strategy] === 'unavailable' ? observed.latest : observed[strategy]
  return isNumber(text) ? parseFloat(text) : undefined
}

/** The one that must be best; ties go to the earlier end, then to the lesser name. */
export function bestOf(ended: readonly EndedTrial[], goal: Goal): { name: string; value: number } | undefined {
  const candidates: { name: string; value: number; completionTime: string }[] = []
  for (const { name, completionTime, observed } of ended) {
    const value = objectiveOf(observed, goal)
    if (value !== undefined) candidates.push({ name, value, completionTime })
  }
  candidates.sort(
    (a, b) =>
      (goal.direction === 'maximize' ? b.value - a.value : a.value - b.value) ||
      order(a.completionTime, b.completionTime) ||
      order(a.name, b.name),
  )
  return candidates[0]
}

const order = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** Digits, at most one point, maybe an exponent; and not beyond what a double holds. */
function isNumber(text: string): boolean {
  const [mantissa = '', exponent = '0', ...rest] = text.toLowerCase().split('e')
  const digits = unsigned(mantissa).split('.')
  const isMantissa = digits.length <= 2 && digits.every(areDigits) && digits.join('') !== ''
  const isExponent = unsigned(exponent) !== '' && areDigits(unsigned(exponent))
  return rest.length === 0 && isMantissa && isExponent && Math.abs(parseFloat(text)) < Infinity
}

const unsigned = (text: string) => (text[0] === '-' || text[0] === '+' ? text.slice(1) : text)
const areDigits = (text: string) => [...text].every(character => character >= '0' && character <= '9')
