/** How the best value came about: ended trials in the order of their end. */
import { z } from 'zod'
import type { ObjectiveType } from '#api'
import { hasEnded, Reading, type TrialRow } from './trial-row.ts'

export const HistoryPoint = z.object({
  trial: z.string(),
  number: z.number().int().optional(),
  status: z.string(),
  completionTime: z.string().optional(),
  objective: Reading.optional(),
  /** The best finite objective of this and all earlier points. */
  best: z.number().optional(),
})
export type HistoryPoint = z.output<typeof HistoryPoint>

export function history(rows: readonly TrialRow[], direction: ObjectiveType): HistoryPoint[] {
  const ended = rows.filter(hasEnded).toSorted(byEnd)
  const better = direction === 'minimize' ? Math.min : Math.max
  let best: number | undefined
  return ended.map(({ name, number, status, completionTime, objective }) => {
    if (typeof objective === 'number') best = best === undefined ? objective : better(best, objective)
    return {
      trial: name,
      ...(number !== undefined && { number }),
      status,
      ...(completionTime !== undefined && { completionTime }),
      ...(objective !== undefined && { objective }),
      ...(best !== undefined && { best }),
    }
  })
}

const byEnd = (a: TrialRow, b: TrialRow) =>
  (a.completionTime ?? '').localeCompare(b.completionTime ?? '') || (a.number ?? 0) - (b.number ?? 0)
