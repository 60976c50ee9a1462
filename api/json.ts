/** JSON that keeps 64-bit integers digit by digit, as a real API server does. */

/**
 * Parses JSON. An integer that a double cannot hold stays as raw JSON (`JSON.isRawJSON`) and is printed unchanged by
 * `JSON.stringify`. Keys that would reach a prototype (`__proto__`) are refused with SyntaxError.
 */
export function parseJson(text: string): unknown {
  return needsCare.test(text) ? parseCarefully(text) : JSON.parse(text)
}

/**
 * What may hold an integer of 16 digits outside of a string, a number beyond a double, or the forbidden key, also escaped;
 * text without it parses alike and some five times faster without a reviver.
 */
const needsCare = /(?:^|[:,[\s])-?(?:\d{16}|[\d.]+[eE]\+?\d{3})|__proto__|\\u00/

function parseCarefully(text: string): unknown {
  return JSON.parse(text, (key, value, context?: { source?: string }) => {
    if (key === '__proto__') throw new SyntaxError('the key "__proto__" is not allowed')
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    if (!Number.isFinite(value)) throw new SyntaxError(`the number ${context?.source} is too large`)
    const source = context?.source
    return source !== undefined && /^-?\d+$/.test(source) ? JSON.rawJSON(source) : value
  })
}
