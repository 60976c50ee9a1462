/** RFC 3339 times with up to nanoseconds, as texts that sort and as microseconds. */

export interface TimeStamp {
  /** In UTC with nine digits of fraction: texts sort as times do. */
  readonly key: string
  /** In UTC as Go's RFC3339Nano prints it: no trailing zeros. */
  readonly text: string
  /** Microseconds since 1970; below 2^53 for the next two centuries. */
  readonly microseconds: number
  /** Microseconds that the text leaves open: 1,000,000 for a time in whole seconds, 1 from six digits on. */
  readonly open: number
}

/** `undefined`: no RFC 3339 time. */
export function timeStamp(text: string): TimeStamp | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/i.exec(text)
  if (!match) return undefined
  const [, dateTime, fraction = '', zone] = match
  const seconds = Date.parse(`${dateTime}${zone}`) / 1000
  if (!Number.isInteger(seconds)) return undefined
  const inUtc = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)
  const digits = fraction.replace(/0+$/, '')
  return {
    key: `${inUtc}.${fraction.padEnd(9, '0')}`,
    text: digits === '' ? `${inUtc}Z` : `${inUtc}.${digits}Z`,
    microseconds: seconds * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6)),
    open: 10 ** Math.max(0, 6 - fraction.length),
  }
}
