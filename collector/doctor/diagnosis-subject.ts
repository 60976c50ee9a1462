/** What a trial was to report, and how that would be read. */
import type { CollectorArguments } from '../arguments.ts'

export interface DiagnosisSubject {
  readonly objective: string
  /** As the trial knows it: `standard output`, `/katib/mnist.log`. */
  readonly source: string
  readonly format: CollectorArguments['format']
  readonly filters: readonly string[]
}

/** How the objective would be read, as an example. */
export function expected({ objective, format, filters }: DiagnosisSubject): string {
  if (format === 'TensorFlowEvent') return `a scalar with the tag "${objective}"`
  if (format === 'PrometheusMetric') return `a line "${objective} 0.5"`
  if (format === 'JSON') return `{"${objective}": 0.5}`
  if (filters.length > 0) return `a line that matches ${shownFilters(filters)}`
  return `"${objective}=0.5"`
}

/** Filters may be long and many; a condition is read by people. */
export function shownFilters(filters: readonly string[]): string {
  const [first, ...others] = filters
  const shown = first.length > 100 ? `${first.slice(0, 100)}...` : first
  return others.length === 0 ? shown : `${shown} (and ${others.length} more)`
}
