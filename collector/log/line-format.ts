/** Which line format the flags ask for. */
import type { CollectorArguments } from '../arguments.ts'
import type { LineFormat, Witness } from './format.ts'
import { jsonFormat } from './json-format.ts'
import { textFormat } from './text-format.ts'
import { userFormat } from './user-filter.ts'

export type FormatOf = (metricNames: ReadonlySet<string>, witness: Witness) => LineFormat

/** Throws `InvalidArguments` for filters that cannot be used. */
export async function lineFormat({
  format,
  filters,
}: Pick<CollectorArguments, 'format' | 'filters'>): Promise<FormatOf> {
  if (format === 'JSON') return jsonFormat
  return filters.length > 0 ? userFormat(filters) : textFormat
}
