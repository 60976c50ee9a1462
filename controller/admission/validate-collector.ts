/** Where metrics come from. */
import { RE2JS } from 're2js'
import { type CollectorKind, type ExperimentSpec, type MetricsCollectorSpec, type SpecProblem, shown } from '#api'
import { invalid, required } from './problem.ts'

const PATH = 'spec.metricsCollectorSpec'
const MAX_FILTERS = 16
const MAX_FILTER_LENGTH = 1024
/** Compiled instructions: repetitions of repetitions multiply. */
const MAX_PROGRAM_SIZE = 10_000

export function validateCollector(spec: ExperimentSpec, collectors: readonly CollectorKind[]): readonly SpecProblem[] {
  const { collector, source } = spec.metricsCollectorSpec ?? {}
  const kind = collector?.kind ?? 'StdOut'
  if (!collectors.includes(kind)) {
    return [invalid(`${PATH}.collector.kind`, `expected one of ${collectors.join(', ')}, got ${shown(kind)}`)]
  }
  return [
    ...sourceProblems[kind](spec.metricsCollectorSpec ?? {}),
    ...wanderingPath(source?.fileSystemPath?.path ?? ''),
    ...validateFilters(source?.filter?.metricsFormat ?? []),
  ]
}

/** Each trial has the directory of the path to itself; a path that leaves it is nobody's. */
function wanderingPath(path: string): readonly SpecProblem[] {
  if (!path.split('/').includes('..')) return []
  const message = `expected a path that stays in the trial's own directory, got ${shown(path)}; write it without ".."`
  return [invalid(`${PATH}.source.fileSystemPath.path`, message)]
}

const sourceProblems: Readonly<Record<CollectorKind, (spec: MetricsCollectorSpec) => readonly SpecProblem[]>> = {
  StdOut: () => [],
  Push: () => [],
  None: () => [],
  File: ({ source }) => {
    const { path = '', kind, format } = source?.fileSystemPath ?? {}
    const problems: SpecProblem[] = []
    if (kind !== 'File' || !path.startsWith('/')) {
      const got = kind === 'File' ? shown(path) : `kind ${shown(kind)}`
      problems.push(
        required(`${PATH}.source.fileSystemPath.path`, `expected kind File and an absolute path, got ${got}`),
      )
    }
    if (format !== 'TEXT' && format !== 'JSON') {
      problems.push(required(`${PATH}.source.fileSystemPath.format`, `expected TEXT or JSON, got ${shown(format)}`))
    }
    if (format === 'JSON' && source?.filter) {
      problems.push(invalid(`${PATH}.source.filter`, 'expected no filter with format JSON, got one; remove it'))
    }
    return problems
  },
  TensorFlowEvent: ({ source }) => {
    const { path = '', kind, format } = source?.fileSystemPath ?? {}
    const problems: SpecProblem[] = []
    if (kind !== 'Directory' || !path.startsWith('/')) {
      const got = kind === 'Directory' ? shown(path) : `kind ${shown(kind)}`
      problems.push(required(`${PATH}.source`, `expected kind Directory and an absolute path, got ${got}`))
    }
    if (format !== undefined) {
      problems.push(
        invalid(`${PATH}.source.fileSystemPath.format`, `expected nothing, got ${shown(format)}; remove it`),
      )
    }
    return problems
  },
  PrometheusMetric: ({ source }) => {
    const { port, path = '' } = source?.httpGet ?? {}
    const problems: SpecProblem[] = []
    if (!/^[1-9]\d{0,4}$/.test(String(port))) {
      problems.push(invalid(`${PATH}.source.httpGet.port`, `expected a port number, got ${shown(port)}`))
    }
    if (!path.startsWith('/')) {
      problems.push(invalid(`${PATH}.source.httpGet.path`, `expected a path that starts with "/", got ${shown(path)}`))
    }
    return problems
  },
  Custom: ({ collector, source }) => {
    const problems: SpecProblem[] = []
    if (!collector?.customCollector) {
      problems.push(required(`${PATH}.collector.customCollector`, 'expected a container, got nothing; give its image'))
    }
    const { path = '', kind } = source?.fileSystemPath ?? {}
    if (source?.fileSystemPath && (!path.startsWith('/') || (kind !== 'Directory' && kind !== 'File'))) {
      const got = path.startsWith('/') ? `kind ${shown(kind)}` : shown(path)
      problems.push(
        invalid(`${PATH}.source.fileSystemPath`, `expected kind File or Directory and an absolute path, got ${got}`),
      )
    }
    return problems
  },
}

/** A filter is a pattern in RE2's syntax whose first two groups are a metric's name and value. */
function validateFilters(filters: readonly string[]): readonly SpecProblem[] {
  const path = `${PATH}.source.filter.metricsFormat`
  if (filters.length > MAX_FILTERS)
    return [invalid(path, `expected at most ${MAX_FILTERS} filters, got ${filters.length}`)]
  return filters.flatMap((filter, i) => {
    const fault = filterFault(filter)
    return fault === undefined ? [] : [invalid(`${path}[${i}]`, `${fault}, got ${shown(filter)}`)]
  })
}

function filterFault(filter: string): string | undefined {
  if (filter.length > MAX_FILTER_LENGTH) return `expected at most ${MAX_FILTER_LENGTH} characters`
  try {
    const pattern = RE2JS.compile(filter)
    if (pattern.groupCount() < 2) return 'expected two groups in parentheses, for the metric and its value'
    return pattern.programSize() > MAX_PROGRAM_SIZE ? 'expected a pattern with smaller repetitions' : undefined
  } catch {
    return 'expected a pattern in RE2 syntax'
  }
}
