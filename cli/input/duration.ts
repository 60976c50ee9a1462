/** Durations as users type them. */
import { CommandError, EXIT } from '../exit.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `1h30m`, `500ms` in milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== text) {
    throw new CommandError(EXIT.usage, `expected a duration such as 90s, 30m or 1h30m, got "${text}"`)
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * unitMs[part[2]], 0)
}
