/** What to change where a log was read and the objective is not in it: the lines that nearly matched, with their edit. */
import { type DiagnosisSubject, shownFilters } from './diagnosis-subject.ts'
import type { Evidence, Sighting } from './evidence.ts'
import { nearestNames } from './nearest-names.ts'

/** `expected` is how the objective would be read. Rungs from the most certain edit to the least. */
export function advise(subject: DiagnosisSubject, evidence: Evidence, expected: string): string {
  if (subject.format === 'TensorFlowEvent') return renamed(subject, evidence.otherNames, 'tag', expected)
  if (subject.format === 'PrometheusMetric') return series(subject, evidence, expected)
  if (subject.format === 'JSON' && evidence.badLineCount === evidence.lineCount) return noJson(subject, evidence)
  if (subject.filters.length > 0) return filtered(subject, evidence)
  const line = evidence.objectiveLine
  if (line !== undefined && (evidence.otherNames.has(subject.objective) || near(subject, evidence).length === 0))
    return inAnotherForm(subject, line, expected)
  return renamed(subject, evidence.otherNames, 'line', expected)
}

/** Names that are nearly the objective, else all that were given values. */
function renamed(
  { objective }: DiagnosisSubject,
  names: Evidence['otherNames'],
  unit: 'line' | 'tag' | 'sample',
  expected: string,
): string {
  const [nearest] = nearestNames(objective, [...names.keys()])
  const sighting = names.get(nearest)
  if (sighting !== undefined) {
    const where = unit === 'line' ? ` in ${told(sighting)}` : ''
    const isRead = unit !== 'line' || isAssigned(sighting, nearest) || readsJson(sighting, nearest)
    const rename = isRead ? `set objectiveMetricName to "${nearest}", or ` : ''
    return `nearly the same is "${nearest}"${where}: ${rename}write ${expected}`
  }
  const others = [...names.keys()].slice(0, 5).map(name => `"${name}"`)
  if (others.length === 0) return `write ${expected}`
  return `values came for ${others.join(', ')}: set objectiveMetricName to one of them, or write ${expected}`
}

function series(subject: DiagnosisSubject, { otherNames }: Evidence, expected: string): string {
  const same = otherNames.get(subject.objective)
  if (same === undefined) return renamed(subject, otherNames, 'sample', expected)
  return `there are several series of that name: set objectiveMetricName to one of them, such as ${same.line}`
}

function noJson({ objective }: DiagnosisSubject, { otherNames }: Evidence): string {
  const line = otherNames.get(objective)
  const set = 'set metricsCollectorSpec.source.fileSystemPath.format to TEXT'
  if (line !== undefined && isAssigned(line, objective)) return `no line is a JSON object, but ${told(line)} is: ${set}`
  return `no line is a JSON object: print {"${objective}": 0.5}, or ${set}`
}

/** The user's own filters: what they took instead, or what the default one would have taken. */
function filtered(subject: DiagnosisSubject, { filteredNames, otherNames, objectiveLine }: Evidence): string {
  const { objective, filters } = subject
  const filter = `metricsFormat ${shownFilters(filters)}`
  const line = otherNames.get(objective) ?? objectiveLine
  if (line !== undefined && (readsJson(line, objective) || isAssigned(line, objective)))
    return `${filter} does not match ${told(line)}, which is read without it: remove metricsFormat, or mend it`
  if (filteredNames.size > 0) {
    const [nearest = [...filteredNames.keys()][0]] = nearestNames(objective, [...filteredNames.keys()])
    const sighting = filteredNames.get(nearest) as Sighting
    return `${filter} takes the name "${nearest}" from ${told(sighting)}: set objectiveMetricName to it, or mend the first group`
  }
  const named = line === undefined ? '' : `; ${told(line)} names it`
  return `${filter} matches no line${named}: its first group is the metric's name, its second the value`
}

/** The name stands there, but not as a value that is read. */
function inAnotherForm({ objective, format }: DiagnosisSubject, line: Sighting, expected: string): string {
  if (objectOf(line.line) !== undefined)
    return `${told(line)} is JSON, but "${objective}" is no number at its top level: write {"${objective}": 0.5}`
  if (format === 'TEXT' && new RegExp(`${escaped(objective)}\\s*:\\s*"?[+-]?(\\d|\\.\\d)`, 'i').test(line.line))
    return `${told(line)} names it with a colon: write ${expected}, or set metricsFormat to ${COLON_FILTER}`
  return `${told(line)} names it in another form: write ${expected}`
}

/** A metricsFormat that reads `name: value`, in RE2's syntax. */
export const COLON_FILTER = '([\\w|-]+)"?\\s*:\\s*"?([+-]?\\d*(\\.\\d+)?([Ee][+-]?\\d+)?)'

function near({ objective }: DiagnosisSubject, { otherNames }: Evidence): readonly string[] {
  return nearestNames(objective, [...otherNames.keys()])
}

const isAssigned = ({ line }: Sighting, objective: string) =>
  new RegExp(`(^|[^\\w|-])${escaped(objective)}\\s*=\\s*[+-]?(\\d|\\.\\d|nan|inf)`, 'i').test(line)

function readsJson({ line }: Sighting, objective: string): boolean {
  const value = objectOf(line)?.[objective]
  return typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isFinite(Number(value)))
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.trimStart().startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
const told = ({ line, lineNumber }: Sighting) => `line ${lineNumber} "${line.trim().slice(0, 120)}"`
