/** A learning curve from rows in order. */
import { curveNumber } from '#api'
import type { LearningCurve } from '../store.ts'
import { downSample } from './down-sample.ts'

export interface CurveRow {
  readonly value: string
  readonly time?: string
  readonly step?: number
  /** Milliseconds since 1970. */
  readonly receivedMs: number
}

/** `count` is what was reported, which is more than `rows` after thinning. */
export function curveOf(
  metricName: string,
  rows: readonly CurveRow[],
  count: number,
  maxPoints: number,
): LearningCurve {
  const values = rows.map(row => curveNumber(row.value))
  const kept = downSample(values, maxPoints)
  return {
    metricName,
    steps: kept.map(i => rows[i].step ?? i + 1),
    values: kept.map(i => values[i]),
    times: kept.map(i => timeMs(rows[i])),
    count,
  }
}

function timeMs(row: CurveRow): number {
  const reported = row.time === undefined ? Number.NaN : Date.parse(row.time)
  return Number.isNaN(reported) ? row.receivedMs : reported
}
