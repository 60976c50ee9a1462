/** Why the metrics of a trial that ended well may not be all; they count nevertheless (protocol P4). */
import type { LossReason } from '#api'
import type { ObservationSummary } from '#store'
import { seconds } from './deadlines.ts'
import type { Incomplete } from './outcome.ts'

export const COLLECTOR_ENDED: Incomplete = {
  reason: 'CollectorEnded',
  message: 'its collector ended before the store had everything; the values are those that it summed up',
}

export function collectorLate(metricsMs: number): Incomplete {
  return {
    reason: 'CollectorLate',
    message: `its collector did not finish within ${seconds(metricsMs)}; the metrics may be incomplete`,
  }
}

/** Collectors put it into their diagnosis; everything else there is about an objective that never came. */
export function lossOf(summary: ObservationSummary | undefined): Incomplete | undefined {
  const [, reason, message = ''] = LOSS.exec(summary?.diagnosis ?? '') ?? []
  // The pattern has no other words.
  return reason === undefined ? undefined : { reason: reason as LossReason, message }
}

const LOSS = /(?:^|; )(LogRotated|ReportsRefused): (.*)/s
