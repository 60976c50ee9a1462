/** What was observed: one line of a metric, and the summary of a trial. */
import { z } from 'zod'

/** Katib's word for "no value", in the store, in min, max and latest. */
export const UNAVAILABLE = 'unavailable'

/** One value a trial reported, as the trial wrote it. `time` is RFC 3339; absent when the line carried none. */
export const MetricLog = z.object({
  metricName: z.string(),
  value: z.string(),
  time: z.string().optional(),
  step: z.number().optional(),
})
export type MetricLog = z.output<typeof MetricLog>

export const Metric = z.looseObject({ name: z.string(), min: z.string(), max: z.string(), latest: z.string() })
export type Metric = z.output<typeof Metric>

export const Observation = z.looseObject({ metrics: z.array(Metric).optional() })
export type Observation = z.output<typeof Observation>
