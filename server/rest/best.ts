/** The question people script: which trial is best. Ended trials decide; what runs may lead. */
import { z } from 'zod'
import { type Experiment, isTrue, type ObjectiveType } from '#api'
import { hasEnded, Reading, readingOf, TrialRow } from './trial-row.ts'

export const Best = z.object({
  /** `namespace/name` */
  experiment: z.string(),
  direction: z.enum(['minimize', 'maximize']),
  metric: z.string(),
  asOf: z.string(),
  /** The experiment has ended: this answer stays. */
  final: z.boolean(),
  /** Best first; empty when no trial has a usable value, and then `reason` says why. */
  trials: z.array(TrialRow),
  reason: z.string().optional(),
  /** A running trial that is better than every ended one, read from what it has reported so far. */
  leading: z.object({ name: z.string(), number: z.number().int().optional(), objective: Reading }).optional(),
})
export type Best = z.output<typeof Best>

/** The `count` best ended trials by the given value. Ties: the earlier completion, then the name. Only finite values compete. */
export function bestRows(
  rows: readonly TrialRow[],
  direction: ObjectiveType,
  count: number,
  readValue: (row: TrialRow) => Reading | undefined = row => row.objective,
): readonly TrialRow[] {
  const usable = rows.flatMap(row => {
    const value = hasEnded(row) ? readValue(row) : undefined
    return typeof value === 'number' ? [{ row, value }] : []
  })
  const sign = direction === 'minimize' ? 1 : -1
  return usable
    .toSorted((a, b) => sign * (a.value - b.value) || byCompletion(a.row, b.row))
    .slice(0, count)
    .map(({ row }) => row)
}

const byCompletion = (a: TrialRow, b: TrialRow) =>
  (a.completionTime ?? '').localeCompare(b.completionTime ?? '') || a.name.localeCompare(b.name)

/** What a running trial has reported of one metric, as the observation store summarises it. */
export interface RunningValue {
  readonly row: TrialRow
  readonly min?: string
  readonly max?: string
  readonly latest: string
}

/** The running trial that beats `best`, if one does. */
export function leadingTrial(
  running: readonly RunningValue[],
  direction: ObjectiveType,
  best: number | undefined,
  strategy: 'min' | 'max' | 'latest',
): Best['leading'] {
  const sign = direction === 'minimize' ? 1 : -1
  const values = running.flatMap(({ row, ...summary }) => {
    const objective = readingOf(summary[strategy] ?? summary.latest)
    return typeof objective === 'number' ? [{ row, objective }] : []
  })
  const [first] = values.toSorted((a, b) => sign * (a.objective - b.objective))
  if (first === undefined || (best !== undefined && sign * (first.objective - best) >= 0)) return undefined
  const { name, number } = first.row
  return { name, ...(number !== undefined && { number }), objective: first.objective }
}

export function hasFinished(experiment: Experiment): boolean {
  const { conditions } = experiment.status ?? {}
  return isTrue(conditions, 'Succeeded') || isTrue(conditions, 'Failed')
}

/** Why there is no best trial. */
export function whyNone(rows: readonly TrialRow[], metric: string): string {
  if (rows.length === 0) return 'no trial has been created yet'
  const ended = rows.filter(hasEnded)
  if (ended.length === 0) return `${rows.length} trials, none has ended yet`
  const failed = ended.filter(row => row.status === 'Failed').length
  const silent = ended.filter(row => row.status === 'MetricsUnavailable').length
  return `none of ${ended.length} ended trials has a number for "${metric}" (${failed} failed, ${silent} without metrics)`
}
