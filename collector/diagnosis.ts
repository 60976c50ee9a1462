/** Why the objective never came, as one sentence a user can act on. */
import type { CollectorArguments } from './arguments.ts'
import type { Evidence } from './evidence.ts'

export interface DiagnosisSubject {
  readonly objective: string
  /** As the trial knows it: `standard output`, `/katib/mnist.log`. */
  readonly source: string
  readonly format: CollectorArguments['format']
  readonly filters: readonly string[]
}

/** `undefined` when the objective was seen. The first cause that applies is told; it is the most certain one. */
export function diagnose(subject: DiagnosisSubject, evidence: Evidence): string | undefined {
  if (evidence.hasSeenObjective) return undefined
  const { objective, source } = subject
  if (evidence.refusal !== undefined) return `${source} was not read: ${evidence.refusal}`
  if (evidence.lineCount === 0) return `${source} is empty: the trial ended before it wrote ${expected(subject)}`
  const notNumber = evidence.notNumbers.get(objective)
  if (notNumber !== undefined)
    return `"${objective}" was found ${times(notNumber.count)}, but its value is not a number: "${notNumber.first}"`
  const never = `"${objective}" was never seen in ${counted(evidence.lineCount, UNITS[subject.format])} of ${source}`
  if (subject.format === 'JSON' && evidence.badLineCount === evidence.lineCount)
    return `${never}: no line is a JSON object; print ${expected(subject)} or use format TEXT`
  const near = nearestNames(objective, [...evidence.otherNames.keys(), ...evidence.metricCounts.keys()])
  const spelled = near.find(name => name === objective)
  const line = evidence.lineWithObjective
  if (line !== undefined && (spelled !== undefined || near.length === 0))
    return `${never} in the form that is read (${expected(subject)}); a line that names it: ${quote(line)}`
  if (near.length > 0) return `${never}; nearly the same: ${near.map(name => `"${name}"`).join(', ')}`
  const others = [...evidence.metricCounts.keys(), ...evidence.otherNames.keys()].slice(0, 5)
  if (others.length > 0) return `${never}; values were printed for ${others.map(name => `"${name}"`).join(', ')}`
  return `${never}; write ${expected(subject)}`
}

function expected(subject: DiagnosisSubject): string {
  if (subject.format === 'TensorFlowEvent') return `a scalar with the tag "${subject.objective}"`
  if (subject.format === 'PrometheusMetric') return `a line "${subject.objective} 0.5"`
  if (subject.format === 'JSON') return `{"${subject.objective}": 0.5}`
  if (subject.filters.length > 0) return `a line that matches ${subject.filters.join(' or ')}`
  return `"${subject.objective}=0.5"`
}

/** Names that differ in case, separators or a prefix, or by at most a third of their letters; nearest first, three at most. */
export function nearestNames(wanted: string, names: readonly string[]): readonly string[] {
  const ranked = [...new Set(names)].map(name => ({ name, distance: nameDistance(wanted, name) }))
  const near = ranked.filter(({ name, distance }) => distance <= Math.max(wanted.length, name.length) / 3)
  return near
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name)
    .slice(0, 3)
}

function nameDistance(wanted: string, name: string): number {
  const [a, b] = [plain(wanted), plain(name)]
  if (a === b) return 0
  if (a.length >= 3 && b.length >= 3 && (a.endsWith(b) || b.endsWith(a) || a.startsWith(b) || b.startsWith(a)))
    return 0.5
  return editDistance(a, b)
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Levenshtein (1965): insertions, deletions, substitutions. Names are at most 63 letters here. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}

const UNITS = { TEXT: 'line', JSON: 'line', TensorFlowEvent: 'scalar', PrometheusMetric: 'sample' } as const
const counted = (count: number, unit: string) => (count === 1 ? `1 ${unit}` : `${count} ${unit}s`)
const times = (count: number) => (count === 1 ? 'once' : `${count} times`)
const quote = (line: string) => `"${line.trim().slice(0, 120)}"`
