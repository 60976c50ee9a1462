/** The Experiment: what the user asks for, and how far it is. */
import { z } from 'zod'
import { AlgorithmSpec, EarlyStoppingSpec } from './algorithm.ts'
import { Condition } from './condition.ts'
import { MetricsCollectorSpec } from './metrics-collector.ts'
import { API_VERSION } from './names.ts'
import { Objective } from './objective.ts'
import { Observation } from './observation.ts'
import { Parameter, ParameterAssignment } from './parameter.ts'
import { Metadata } from './resource.ts'
import { TrialTemplate } from './trial-template.ts'

const count = z.number().int().min(-2147483648).max(2147483647)

export const ResumePolicy = z.enum(['Never', 'LongRunning', 'FromVolume'])
export type ResumePolicy = z.output<typeof ResumePolicy>

export const NasConfig = z.looseObject({
  graphConfig: z
    .looseObject({
      numLayers: count.optional(),
      inputSizes: z.array(count).optional(),
      outputSizes: z.array(count).optional(),
    })
    .optional(),
  operations: z
    .array(z.looseObject({ operationType: z.string(), parameters: z.array(Parameter).optional() }))
    .optional(),
})
export type NasConfig = z.output<typeof NasConfig>

/** Seconds a trial may spend in a state; absent: 1800 pending, unlimited running, 300 awaiting metrics. */
export const TrialDeadlines = z.looseObject({
  pendingSeconds: z.number().int().min(1).optional(),
  runningSeconds: z.number().int().min(1).optional(),
  metricsSeconds: z.number().int().min(1).optional(),
})
export type TrialDeadlines = z.output<typeof TrialDeadlines>

export const ExperimentSpec = z.looseObject({
  parameters: z.array(Parameter).optional(),
  objective: Objective.optional(),
  algorithm: AlgorithmSpec.optional(),
  earlyStopping: EarlyStoppingSpec.optional(),
  trialTemplate: TrialTemplate.optional(),
  parallelTrialCount: count.optional(),
  maxTrialCount: count.optional(),
  maxFailedTrialCount: count.optional(),
  metricsCollectorSpec: MetricsCollectorSpec.optional(),
  nasConfig: NasConfig.optional(),
  resumePolicy: ResumePolicy.optional(),
  /** Qalam's additions: all optional, none inside items of Katib's lists. */
  seed: z.number().int().optional(),
  suspend: z.boolean().optional(),
  initialTrials: z.array(z.record(z.string(), z.string())).optional(),
  parameterConstraints: z.array(z.string()).optional(),
  runningTrialsPolicy: z.enum(['Stop', 'Keep']).optional(),
  trialDeadlines: TrialDeadlines.optional(),
})
export type ExperimentSpec = z.output<typeof ExperimentSpec>

export const OptimalTrial = z.looseObject({
  bestTrialName: z.string().optional(),
  parameterAssignments: z.array(ParameterAssignment).optional(),
  observation: Observation.optional(),
})
export type OptimalTrial = z.output<typeof OptimalTrial>

export const ExperimentPhase = z.enum(['Created', 'Running', 'Suspended', 'Succeeded', 'Failed'])
export type ExperimentPhase = z.output<typeof ExperimentPhase>

/** Name lists hold the newest 500 at most; the counters are exact. A zero counter is absent, as Katib writes it. */
export const ExperimentStatus = z.looseObject({
  startTime: z.string().nullish(),
  completionTime: z.string().nullish(),
  lastReconcileTime: z.string().nullish(),
  conditions: z.array(Condition).optional(),
  currentOptimalTrial: OptimalTrial.optional(),
  runningTrialList: z.array(z.string()).optional(),
  pendingTrialList: z.array(z.string()).optional(),
  failedTrialList: z.array(z.string()).optional(),
  succeededTrialList: z.array(z.string()).optional(),
  killedTrialList: z.array(z.string()).optional(),
  earlyStoppedTrialList: z.array(z.string()).optional(),
  metricsUnavailableTrialList: z.array(z.string()).optional(),
  trials: count.optional(),
  trialsSucceeded: count.optional(),
  trialsFailed: count.optional(),
  trialsKilled: count.optional(),
  trialsPending: count.optional(),
  trialsRunning: count.optional(),
  trialsEarlyStopped: count.optional(),
  trialMetricsUnavailable: count.optional(),
  /** Qalam's additions. */
  phase: ExperimentPhase.optional(),
  bestObjective: z.number().optional(),
  bestParameters: z.string().optional(),
  observedGeneration: z.number().int().optional(),
  /** Indexes of finished trials that were deleted, as ranges `0-3,7`: a budget is never refunded. */
  removedTrials: z.string().optional(),
})
export type ExperimentStatus = z.output<typeof ExperimentStatus>

export const Experiment = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Experiment'),
  metadata: Metadata,
  spec: ExperimentSpec.default({}),
  status: ExperimentStatus.optional(),
})
export type Experiment = z.output<typeof Experiment>
