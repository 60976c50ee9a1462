/**
 * Why the objective never came, as one sentence a user can act on. Before the first semicolon it says what happened, in
 * words that are the same for every trial with that fault (but for names and counts); after it, what to change.
 */
import { advise } from './advice.ts'
import { type DiagnosisSubject, expected } from './diagnosis-subject.ts'
import type { Evidence } from './evidence.ts'
import { nearestNames } from './nearest-names.ts'

/** `undefined` when the objective was seen. The first cause that applies is told; it is the most certain one. */
export function diagnose(subject: DiagnosisSubject, evidence: Evidence): string | undefined {
  if (evidence.hasSeenObjective) return undefined
  const { objective, source, format } = subject
  if (evidence.refusal !== undefined) return refused(subject, evidence.refusal)
  if (evidence.filesInstead !== undefined) return neverCreated(subject, evidence.filesInstead)
  if (evidence.lineCount === 0 && evidence.badLineCount > 0)
    return `${source} holds no scalar that could be read; its files are broken or no event files: write ${expected(subject)}`
  if (evidence.lineCount === 0)
    return `${source} is empty: the program ended before it wrote anything; have it write ${expected(subject)}`
  const notNumber = evidence.notNumbers.get(objective)
  if (notNumber !== undefined)
    return `"${objective}" was found ${counted(notNumber.count, 'time')}, but its value is not a number: "${notNumber.first}"; write a number, such as ${expected(subject)}`
  const never = `"${objective}" was never seen in ${counted(evidence.lineCount, UNITS[format])} of ${source}`
  return `${never}; ${advise(subject, evidence, expected(subject))}`
}

function refused({ source, format }: DiagnosisSubject, refusal: string): string {
  const told = `${source} was not read: ${refusal}`
  if (format !== 'PrometheusMetric' || refusal.includes(';')) return told
  return `${told}; serve the metrics there until the program ends, or mend port and path of httpGet`
}

/** The user's own words for where a collector looks. */
const PLACE = 'metricsCollectorSpec.source.fileSystemPath.path'

function neverCreated({ source, format }: DiagnosisSubject, files: readonly string[]): string {
  const noun = format === 'TensorFlowEvent' ? `no event file was created in ${source}` : `${source} was never created`
  if (files.length === 0)
    return `${noun}, nor anything beside it; have the program write there, or collect with StdOut if it prints its metrics`
  const shown = files.slice(0, SHOWN_FILES).join(', ')
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : ''
  if (format === 'TensorFlowEvent')
    return `${noun}; what was created: ${shown}${more}; have the program log its scalars`
  const [meant = files[0]] = nearestNames(source, files)
  return `${noun}; what was: ${shown}${more}: set ${PLACE} to ${meant}, or write ${source}`
}

const SHOWN_FILES = 5

const UNITS = { TEXT: 'line', JSON: 'line', TensorFlowEvent: 'scalar', PrometheusMetric: 'sample' } as const
const counted = (count: number, unit: string) => (count === 1 ? `1 ${unit}` : `${count} ${unit}s`)
