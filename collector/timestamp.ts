/** Times that trials write: RFC 3339 up to nanoseconds, and seconds since 1970. */

/**
 * `text` if it is a valid RFC 3339 time (section 5.6, upper-case T and Z as Go demands), with the digits the trial wrote.
 * Anything else, also a day that does not exist, is no time.
 */
export function rfc3339Text(text: string): string | undefined {
  if (text.length < 20 || text.length > 35 || text.charCodeAt(10) !== 0x54) return undefined
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (!parts) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return Number.isFinite(Date.parse(text)) ? text : undefined
}

/** Seconds since 1970 as RFC 3339 in UTC, with as many decimals as the number has, up to nanoseconds. */
export function rfc3339OfSeconds(seconds: number): string | undefined {
  const whole = Math.floor(seconds)
  if (!(Math.abs(whole) <= 253_402_300_799) || whole < -62_135_596_800) return undefined
  const date = new Date(whole * 1000).toISOString().slice(0, 19)
  const fraction = seconds < 0 ? (seconds - whole).toFixed(9) : String(seconds)
  const decimals = /\.(\d+)$/.exec(fraction)?.[1].slice(0, 9).replace(/0+$/, '') ?? ''
  return decimals === '' ? `${date}Z` : `${date}.${decimals}Z`
}

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate()
