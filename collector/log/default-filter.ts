/**
 * Katib's default filter, `([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)`, by hand and in linear time: a log of a
 * million lines is read at disk speed, and no line can make it slow.
 *
 * It finds the same names at the same places. It differs in what a value is: the filter reads `1` in `1,234.5` and nothing
 * in `nan`; here the first is no number and the second is NaN (`number-text.ts`).
 */
import { DOT, digitsEnd, isDigit, isExponentMark, isSign, numberText } from './number-text.ts'

/** Receives each `name = value` of a line, in order. `value` is `undefined` where what stands there is no number. */
export type AssignmentVisitor = (name: string, value: string | undefined, valueStart: number) => void

/**
 * Visits every match of the default filter. `oddNames` are wanted names with characters the filter does not know (`/`,
 * `.`, spaces): where the text before `=` ends with one of them, plain or in double quotes, that is the name.
 */
export function scanAssignments(line: string, oddNames: readonly string[], visit: AssignmentVisitor): void {
  let lastEnd = 0
  for (let equals = line.indexOf('='); equals !== -1; equals = line.indexOf('=', Math.max(equals + 1, lastEnd))) {
    const nameEnd = skipBack(line, equals, lastEnd, isSpace)
    const nameStart = skipBack(line, nameEnd, lastEnd, isNameCode)
    const odd = oddNames.length === 0 ? undefined : oddNameBefore(line, nameEnd, lastEnd, oddNames)
    if (nameStart === nameEnd && odd === undefined) continue
    const valueStart = skip(line, equals + 1, isSpace)
    lastEnd = filterValueEnd(line, valueStart)
    visit(odd ?? line.slice(nameStart, nameEnd), valueAt(line, valueStart, lastEnd), valueStart)
  }
}

/** Where the filter's value group ends: every part of it is optional. */
function filterValueEnd(line: string, start: number): number {
  let at = digitsEnd(line, isSign(line.charCodeAt(start)) ? start + 1 : start)
  if (line.charCodeAt(at) === DOT && isDigit(line.charCodeAt(at + 1))) at = digitsEnd(line, at + 1)
  if (!isExponentMark(line.charCodeAt(at))) return at
  const exponentStart = isSign(line.charCodeAt(at + 1)) ? at + 2 : at + 1
  const exponentEnd = digitsEnd(line, exponentStart)
  return exponentEnd > exponentStart ? exponentEnd : at
}

function valueAt(line: string, start: number, end: number): string | undefined {
  if (isContinued(line, end)) return undefined
  const value = numberText(line.slice(start, end))
  return value ?? numberText(line.slice(start, wordEnd(line, start)))
}

/** The number goes on in a way the filter does not read: `1,234`, `1_000`, `0x10`, `1.2.3`. */
function isContinued(line: string, end: number): boolean {
  const next = line.charCodeAt(end)
  if (next === UNDERSCORE || next === DOT) return isDigit(line.charCodeAt(end + 1))
  if (next === COMMA) return digitsEnd(line, end + 1) === end + 4
  return (next === 0x78 || next === 0x58) && isHexDigit(line.charCodeAt(end + 1))
}

/** The end of a word such as `-inf`; longer words cannot be one. */
function wordEnd(line: string, start: number): number {
  let at = isSign(line.charCodeAt(start)) ? start + 1 : start
  const limit = at + 10
  while (at < limit && isNameCode(line.charCodeAt(at)) && line.charCodeAt(at) !== DASH) at++
  return at
}

function oddNameBefore(line: string, end: number, from: number, oddNames: readonly string[]): string | undefined {
  const isQuoted = line.charCodeAt(end - 1) === QUOTE
  return oddNames.find(name => {
    const start = (isQuoted ? end - 1 : end) - name.length
    if (start < from || !line.startsWith(name, start)) return false
    return start === 0 || !isPathCode(line.charCodeAt(start - 1))
  })
}

function skip(line: string, at: number, passes: (code: number) => boolean): number {
  while (at < line.length && passes(line.charCodeAt(at))) at++
  return at
}

function skipBack(line: string, at: number, limit: number, passes: (code: number) => boolean): number {
  while (at > limit && passes(line.charCodeAt(at - 1))) at--
  return at
}

const QUOTE = 0x22
const COMMA = 0x2c
const DASH = 0x2d
const UNDERSCORE = 0x5f
/** RE2's `\s`. */
const isSpace = (code: number) => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d
/** RE2's `[\w|-]`. */
export const isNameCode = (code: number) =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  isDigit(code) ||
  code === UNDERSCORE ||
  code === 0x7c ||
  code === DASH
const isPathCode = (code: number) => isNameCode(code) || code === 0x2f || code === DOT
const isHexDigit = (code: number) => isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46)
