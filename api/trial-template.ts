/** What a trial runs: any Kubernetes object with placeholders, inline or in a ConfigMap. */
import { z } from 'zod'

export const TrialParameter = z.looseObject({
  name: z.string().describe(`Used in the template as \${trialParameters.NAME}.`),
  description: z.string().optional(),
  reference: z.string().describe(`Name of a parameter, or of trial metadata such as \${trialSpec.Name}.`),
})
export type TrialParameter = z.output<typeof TrialParameter>

export const TrialTemplate = z.looseObject({
  retain: z.boolean().optional().describe('Keep the job after the trial has ended.'),
  trialSpec: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('The object a trial runs, with placeholders, without name and namespace.'),
  configMap: z
    .looseObject({
      configMapName: z.string().optional(),
      configMapNamespace: z.string().optional(),
      templatePath: z.string().optional().describe('Key of the ConfigMap that holds the template.'),
    })
    .optional()
    .describe('Where the template is, instead of trialSpec.'),
  trialParameters: z.array(TrialParameter).optional().describe('Every placeholder of the template.'),
  primaryPodLabels: z
    .record(z.string(), z.string())
    .optional()
    .describe('Labels of the pods whose metrics are collected; absent: of every pod.'),
  primaryContainerName: z.string().optional().describe('The container whose program reports the metrics.'),
  successCondition: z
    .string()
    .optional()
    .describe('GJSON path in the job; the trial has succeeded when it finds an object or a list that is not empty.'),
  failureCondition: z.string().optional().describe('GJSON path in the job, asked before successCondition.'),
})
export type TrialTemplate = z.output<typeof TrialTemplate>
