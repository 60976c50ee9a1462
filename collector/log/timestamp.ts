/**
 * Times that trials write: RFC 3339 up to nanoseconds, and seconds since 1970. Checked by hand, since every line of a log
 * may begin with one.
 */
import { DOT, digitsEnd, isDigit, isSign } from './number-text.ts'

/**
 * `text` if it is a valid RFC 3339 time (section 5.6, upper-case T and Z as Go demands), with the digits the trial wrote.
 * Anything else, also a day that does not exist, is no time.
 */
export function rfc3339Text(text: string): string | undefined {
  if (text.length < 20 || text.length > 35 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH)
    return undefined
  const year = fourDigits(text)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined
  if (text.charCodeAt(10) !== 0x54 || !isClock(text, 11) || text.charCodeAt(16) !== COLON) return undefined
  if (!(twoDigits(text, 17) < 60)) return undefined
  const zone = text.charCodeAt(19) === DOT ? digitsEnd(text, 20) : 19
  if (zone === 20 || zone > 29) return undefined
  if (text.charCodeAt(zone) === 0x5a) return zone + 1 === text.length ? text : undefined
  return isSign(text.charCodeAt(zone)) && isClock(text, zone + 1) && zone + 6 === text.length ? text : undefined
}

/** `hh:mm` at `at`. */
const isClock = (text: string, at: number) =>
  twoDigits(text, at) < 24 && text.charCodeAt(at + 2) === COLON && twoDigits(text, at + 3) < 60

/** NaN where there are no two digits, which is neither below nor above anything. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at)
  const ones = text.charCodeAt(at + 1)
  return isDigit(tens) && isDigit(ones) ? (tens - 0x30) * 10 + ones - 0x30 : Number.NaN
}

const fourDigits = (text: string) => twoDigits(text, 0) * 100 + twoDigits(text, 2)

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const DASH = 0x2d
const COLON = 0x3a

/** Seconds since 1970 as RFC 3339 in UTC, with as many decimals as the number has, up to nanoseconds. */
export function rfc3339OfSeconds(seconds: number): string | undefined {
  const whole = Math.floor(seconds)
  if (!(Math.abs(whole) <= 253_402_300_799) || whole < -62_135_596_800) return undefined
  const date = new Date(whole * 1000).toISOString().slice(0, 19)
  const fraction = seconds < 0 ? (seconds - whole).toFixed(9) : String(seconds)
  const decimals = /\.(\d+)$/.exec(fraction)?.[1].slice(0, 9).replace(/0+$/, '') ?? ''
  return decimals === '' ? `${date}Z` : `${date}.${decimals}Z`
}
