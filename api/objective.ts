/** What is better: the objective, its direction, and how a curve becomes one number. */
import { z } from 'zod'

export const ObjectiveType = z.enum(['minimize', 'maximize'])
export type ObjectiveType = z.output<typeof ObjectiveType>

export const MetricStrategy = z.looseObject({ name: z.string(), value: z.enum(['min', 'max', 'latest']) })
export type MetricStrategy = z.output<typeof MetricStrategy>

export const Objective = z.looseObject({
  type: ObjectiveType.describe('Which direction is better.'),
  goal: z.number().optional().describe('The search ends when a trial reaches this value.'),
  objectiveMetricName: z.string().describe('Name of the metric to optimise, as the trial reports it.'),
  additionalMetricNames: z.array(z.string()).optional().describe('Metrics that are recorded besides.'),
  metricStrategies: z
    .array(MetricStrategy)
    .optional()
    .describe('Which value of a metric counts: min, max or latest; by default the best in the direction of type.'),
})
export type Objective = z.output<typeof Objective>
