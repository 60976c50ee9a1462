/** The Trial: one assignment, run once, and what came of it. */
import { z } from 'zod'
import { EarlyStoppingRule } from './algorithm.ts'
import { Condition } from './condition.ts'
import { MetricsCollectorSpec } from './metrics-collector.ts'
import { API_VERSION } from './names.ts'
import { Objective } from './objective.ts'
import { Observation } from './observation.ts'
import { ParameterAssignment } from './parameter.ts'
import { Metadata } from './resource.ts'

export const TrialSpec = z.looseObject({
  objective: Objective.optional(),
  parameterAssignments: z.array(ParameterAssignment).optional(),
  earlyStoppingRules: z.array(EarlyStoppingRule).optional(),
  /** The rendered job, before the collector is injected. */
  runSpec: z.record(z.string(), z.unknown()).optional(),
  retainRun: z.boolean().optional(),
  metricsCollector: MetricsCollectorSpec.optional(),
  primaryPodLabels: z.record(z.string(), z.string()).optional(),
  primaryContainerName: z.string().optional(),
  successCondition: z.string().optional(),
  failureCondition: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
})
export type TrialSpec = z.output<typeof TrialSpec>

export const TrialPhase = z.enum([
  'Pending',
  'Running',
  'Succeeded',
  'Failed',
  'Killed',
  'EarlyStopped',
  'MetricsUnavailable',
])
export type TrialPhase = z.output<typeof TrialPhase>

export const TrialStatus = z.looseObject({
  startTime: z.string().nullish(),
  completionTime: z.string().nullish(),
  lastReconcileTime: z.string().nullish(),
  conditions: z.array(Condition).optional(),
  observation: Observation.optional(),
  /** Qalam's additions. */
  checkpoint: z.string().optional().describe('How the trial came to the checkpoint it started from.'),
  phase: TrialPhase.optional().describe('Where the trial stands, in one word.'),
})
export type TrialStatus = z.output<typeof TrialStatus>

export const Trial = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Trial'),
  metadata: Metadata,
  spec: TrialSpec.default({}),
  status: TrialStatus.optional(),
})
export type Trial = z.output<typeof Trial>

/** Condition types that end a trial, in the order in which one wins over another. */
export const TERMINAL_TRIAL_CONDITIONS = [
  'Killed',
  'Failed',
  'EarlyStopped',
  'Succeeded',
  'MetricsUnavailable',
] as const
