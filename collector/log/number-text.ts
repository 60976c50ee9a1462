/**
 * What counts as a number in a trial's output. Strict: `1,234.5`, `0x10`, `1_000` and an empty text are no numbers, because
 * guessing at one of them decides which trial is best.
 */

/**
 * The value as it is recorded: the trial's own digits, or NaN, Infinity, -Infinity for any usual spelling of these.
 * `undefined`: not a number.
 */
export function numberText(text: string): string | undefined {
  return isDecimal(text) ? text : nonFinite(text)
}

/** `[+-]?(digits[.digits?] | .digits)([eE][+-]?digits)?`, all of the text. Linear. */
export function isDecimal(text: string): boolean {
  let at = isSign(text.charCodeAt(0)) ? 1 : 0
  const wholeEnd = digitsEnd(text, at)
  let digitCount = wholeEnd - at
  at = wholeEnd
  if (text.charCodeAt(at) === DOT) {
    const fractionEnd = digitsEnd(text, at + 1)
    digitCount += fractionEnd - at - 1
    at = fractionEnd
  }
  if (digitCount === 0) return false
  if (isExponentMark(text.charCodeAt(at))) {
    const exponentStart = isSign(text.charCodeAt(at + 1)) ? at + 2 : at + 1
    at = digitsEnd(text, exponentStart)
    if (at === exponentStart) return false
  }
  return at === text.length
}

/** The index after the digits that start at `at`. */
export function digitsEnd(text: string, at: number): number {
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

export const isDigit = (code: number) => code >= 0x30 && code <= 0x39
export const isSign = (code: number) => code === 0x2b || code === 0x2d
export const isExponentMark = (code: number) => code === 0x65 || code === 0x45
export const DOT = 0x2e

function nonFinite(text: string): string | undefined {
  if (text.length < 3 || text.length > 9) return undefined
  const word = text.toLowerCase()
  const unsigned = isSign(word.charCodeAt(0)) ? word.slice(1) : word
  if (unsigned === 'nan') return 'NaN'
  if (unsigned !== 'inf' && unsigned !== 'infinity') return undefined
  return word.startsWith('-') ? '-Infinity' : 'Infinity'
}
