/** What is better: the objective, its direction, and how a curve becomes one number. */
import { z } from 'zod'

export const ObjectiveType = z.enum(['minimize', 'maximize'])
export type ObjectiveType = z.output<typeof ObjectiveType>

export const MetricStrategy = z.looseObject({ name: z.string(), value: z.enum(['min', 'max', 'latest']) })
export type MetricStrategy = z.output<typeof MetricStrategy>

export const Objective = z.looseObject({
  type: ObjectiveType,
  goal: z.number().optional(),
  objectiveMetricName: z.string(),
  additionalMetricNames: z.array(z.string()).optional(),
  metricStrategies: z.array(MetricStrategy).optional(),
})
export type Objective = z.output<typeof Objective>
