/** Katib's flags of a metrics sidecar: single-dash words, each with a separate value (katib-compatibility 3.4). */

export interface CollectorArguments {
  readonly trialName: string
  /** The objective first. Empty: every name is wanted. */
  readonly metricNames: readonly string[]
  readonly objectiveType: 'minimize' | 'maximize'
  /**
   * As Katib's flags tell the kinds apart: with `-format` a file, with `-path` alone a directory of event files, with
   * neither a page of metrics.
   */
  readonly format: 'TEXT' | 'JSON' | 'TensorFlowEvent' | 'PrometheusMetric'
  /** Of the file or directory, as the container sees it. */
  readonly path: string
  /** Of the page; always on loopback. */
  readonly page: { readonly port: number; readonly path: string }
  /** Regular expressions with two groups, name and value; empty: the default filter. */
  readonly filters: readonly string[]
  /** `-stop-rule`, as they are written; all must hold for the trial to be stopped. */
  readonly stopRules: readonly string[]
  /** Every process of the pod is waited for, not the program's alone. */
  readonly waitsForAll: boolean
}

/** The arguments cannot be used. The message is for the user. */
export class InvalidArguments extends Error {
  override readonly name = 'InvalidArguments'
}

export function parseArguments(args: readonly string[]): CollectorArguments {
  const values = new Map<string, string>()
  const stopRules: string[] = []
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value] = [args[i], args[i + 1]]
    if (!KNOWN_FLAGS.has(flag)) throw new InvalidArguments(`unknown flag "${flag}" of the metrics collector`)
    if (value === undefined) throw new InvalidArguments(`flag ${flag} of the metrics collector has no value`)
    if (flag === '-stop-rule') stopRules.push(value)
    else values.set(flag, value)
  }
  const format = values.get('-format') ?? 'TEXT'
  if (format !== 'TEXT' && format !== 'JSON')
    throw new InvalidArguments(`expected format TEXT or JSON, got "${format}"`)
  return {
    trialName: values.get('-t') ?? '',
    metricNames: (values.get('-m') ?? '').split(';').filter(name => name !== ''),
    objectiveType: values.get('-o-type') === 'maximize' ? 'maximize' : 'minimize',
    format: formatOf(values),
    path: values.get('-path') ?? '',
    page: pageOf(values.get('-url') ?? 'http://127.0.0.1:8080/metrics'),
    filters: splitFilters(values.get('-f') ?? ''),
    stopRules,
    waitsForAll: !/^false$/i.test(values.get('-w') ?? ''),
  }
}

function formatOf(values: ReadonlyMap<string, string>): CollectorArguments['format'] {
  const format = values.get('-format')
  if (format === undefined) return values.has('-path') ? 'TensorFlowEvent' : 'PrometheusMetric'
  if (format === 'TEXT' || format === 'JSON') return format
  throw new InvalidArguments(`expected format TEXT or JSON, got "${format}"`)
}

/** The host is not read: a collector never looks beyond its own pod. */
function pageOf(url: string): CollectorArguments['page'] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'http:') throw new InvalidArguments(`expected -url http://127.0.0.1:PORT/PATH, got "${url}"`)
  return { port: Number(parsed.port || 80), path: parsed.pathname + parsed.search }
}

/** `-url` is ours, for a page of metrics. `-s-db`, `-s-earlystop`, `-p` and `-timeout` are Katib's; nothing here depends on their values. */
const KNOWN_FLAGS = new Set([
  '-t',
  '-m',
  '-o-type',
  '-s-db',
  '-path',
  '-url',
  '-f',
  '-format',
  '-w',
  '-p',
  '-timeout',
  '-stop-rule',
  '-s-earlystop',
])

/**
 * Filters are joined by `;`, which may also stand inside one. A piece with fewer than two groups can be no filter, so it is
 * the beginning of one that goes on after the `;`.
 */
function splitFilters(joined: string): readonly string[] {
  const filters: string[] = []
  let begun = ''
  for (const piece of joined.split(';')) {
    begun = begun === '' ? piece : `${begun};${piece}`
    if (!hasTwoGroups(begun)) continue
    filters.push(begun)
    begun = ''
  }
  if (begun === '') return filters
  return filters.length === 0 ? [begun] : [...filters.slice(0, -1), `${filters.at(-1)};${begun}`]
}

/** Counts closed capturing groups; escapes and character classes hide parentheses. */
function hasTwoGroups(pattern: string): boolean {
  let closed = 0
  const open: boolean[] = []
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at]
    if (letter === '\\') at++
    else if (letter === '[') at = classEnd(pattern, at)
    else if (letter === '(') open.push(isCapturing(pattern, at))
    else if (letter === ')' && open.pop()) closed++
  }
  return closed >= 2 && open.length === 0
}

const isCapturing = (pattern: string, at: number) =>
  pattern[at + 1] !== '?' || /^\(\?P?<[^=!]/.test(pattern.slice(at, at + 5))

function classEnd(pattern: string, start: number): number {
  let at = start + 1
  if (pattern[at] === '^') at++
  if (pattern[at] === ']') at++
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1
  return at
}
