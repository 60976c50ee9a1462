/** Where a trial's metrics come from. */
import { z } from 'zod'

export const CollectorKind = z.enum(['StdOut', 'File', 'TensorFlowEvent', 'PrometheusMetric', 'Custom', 'Push', 'None'])
export type CollectorKind = z.output<typeof CollectorKind>

export const FileSystemPath = z.looseObject({
  path: z.string().optional(),
  kind: z.enum(['Directory', 'File', 'Invalid']).optional(),
  format: z.enum(['TEXT', 'JSON']).optional(),
})
export type FileSystemPath = z.output<typeof FileSystemPath>

export const MetricsSource = z.looseObject({
  httpGet: z
    .looseObject({
      path: z.string().optional(),
      port: z.union([z.number().int(), z.string()]).optional(),
      host: z.string().optional(),
      scheme: z.string().optional(),
      httpHeaders: z.array(z.looseObject({ name: z.string(), value: z.string().default('') })).optional(),
    })
    .optional(),
  fileSystemPath: FileSystemPath.optional(),
  filter: z
    .looseObject({
      metricsFormat: z
        .array(z.string())
        .optional()
        .describe('Patterns in RE2 syntax; the first group is the name of a metric, the second its value.'),
    })
    .optional(),
})
export type MetricsSource = z.output<typeof MetricsSource>

export const MetricsCollectorSpec = z.looseObject({
  source: MetricsSource.optional().describe('Where the program leaves its metrics.'),
  collector: z
    .looseObject({
      kind: CollectorKind.describe('How metrics reach the store; StdOut by default.'),
      customCollector: z.record(z.string(), z.unknown()).optional().describe('The container of kind Custom.'),
    })
    .optional(),
})
export type MetricsCollectorSpec = z.output<typeof MetricsCollectorSpec>
