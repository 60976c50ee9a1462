/** Why a trial ended without its objective: how the sentence stands on its condition, and how it is read back. */
import { isTrue } from './condition.ts'
import type { Trial } from './trial.ts'

/** Katib's words, with which the condition's message begins; the sentence follows after a colon. */
export const METRICS_UNAVAILABLE = 'Metrics are not available'

/** The sentence of a Trial that ended without a metric; `undefined`: it did not, or nothing more is said. */
export function missingMetric({ status }: Trial): string | undefined {
  if (!isTrue(status?.conditions, 'MetricsUnavailable')) return undefined
  const message = status?.conditions?.find(({ type }) => type === 'MetricsUnavailable')?.message || METRICS_UNAVAILABLE
  const told = message.startsWith(`${METRICS_UNAVAILABLE}: `) ? message.slice(METRICS_UNAVAILABLE.length + 2) : message
  const jobStart = told.lastIndexOf('. Job message: ')
  return jobStart === -1 ? told : told.slice(0, jobStart)
}

/**
 * What two sentences of one cause have in common: the clause before the first semicolon, which says what happened, without
 * what is quoted and counted in it. What follows the semicolon says what to change, and may differ from trial to trial.
 */
export function causeOf(sentence: string): string {
  return sentence
    .replaceAll(/"[^"]*"/g, '""')
    .split(';')[0]
    .replaceAll(/\d+/g, '0')
    .replaceAll(/\b0 (line|scalar|sample|file|time)s?\b/g, '0 $1s')
    .trim()
}
