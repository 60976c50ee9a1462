/** What a trial runs: any Kubernetes object with placeholders, inline or in a ConfigMap. */
import { z } from 'zod'

export const TrialParameter = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  reference: z.string(),
})
export type TrialParameter = z.output<typeof TrialParameter>

export const TrialTemplate = z.looseObject({
  retain: z.boolean().optional(),
  trialSpec: z.record(z.string(), z.unknown()).optional(),
  configMap: z
    .looseObject({
      configMapName: z.string().optional(),
      configMapNamespace: z.string().optional(),
      templatePath: z.string().optional(),
    })
    .optional(),
  trialParameters: z.array(TrialParameter).optional(),
  primaryPodLabels: z.record(z.string(), z.string()).optional(),
  primaryContainerName: z.string().optional(),
  successCondition: z.string().optional(),
  failureCondition: z.string().optional(),
})
export type TrialTemplate = z.output<typeof TrialTemplate>
