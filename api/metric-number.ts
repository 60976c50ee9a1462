/** What a reported text counts as. Strict: `1,234.5`, `0x10`, `1_000` and an empty text are no numbers. */

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const INFINITE = /^([+-]?)inf(inity)?$/i

/** The finite number a text says, which alone takes part in min and max, is best or reaches a goal. */
export function finiteNumber(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** For curves: infinities stay, everything that is no number is NaN. */
export function curveNumber(text: string): number {
  if (DECIMAL.test(text)) return Number(text)
  const infinite = INFINITE.exec(text)
  if (infinite === null) return Number.NaN
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
