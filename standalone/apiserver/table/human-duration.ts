/** Ages as tables show them: two units while it is young, one when it is old. */

/** `12s`, `4m30s`, `15m`, `3h20m`, `9h`, `2d4h`, `11d`, `1y30d`, `9y`. Negative durations are `0s`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  const years = Math.floor(days / 365)
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return join(minutes, 'm', seconds % 60, 's')
  if (hours < 3) return `${minutes}m`
  if (hours < 8) return join(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return join(days, 'd', hours % 24, 'h')
  if (years < 2) return `${days}d`
  if (years < 8) return join(years, 'y', days % 365, 'd')
  return `${years}y`
}

/** The age of an RFC 3339 time, `<unknown>` without one. */
export function ageOf(time: unknown, now: Date): string {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now.getTime() - at)
}

const join = (many: number, unit: string, few: number, smaller: string) =>
  few === 0 ? `${many}${unit}` : `${many}${unit}${few}${smaller}`
