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
  pendingSeconds: z.number().int().min(1).optional().describe('Longest wait for a start; 1800 by default.'),
  runningSeconds: z.number().int().min(1).optional().describe('Longest run; without limit by default.'),
  metricsSeconds: z.number().int().min(1).optional().describe('Longest wait for the last metrics; 300 by default.'),
})
export type TrialDeadlines = z.output<typeof TrialDeadlines>

export const ExperimentSpec = z.looseObject({
  parameters: z.array(Parameter).optional().describe('What may vary from trial to trial.'),
  objective: Objective.optional().describe('What is better.'),
  algorithm: AlgorithmSpec.optional().describe('Who chooses the next values.'),
  earlyStopping: EarlyStoppingSpec.optional().describe('Who ends trials that promise little.'),
  trialTemplate: TrialTemplate.optional().describe('What a trial runs.'),
  parallelTrialCount: count.optional().describe('How many trials run at once; 3 by default.'),
  maxTrialCount: count.optional().describe('The search ends after so many trials; without limit by default.'),
  maxFailedTrialCount: count.optional().describe('The experiment fails with so many failed trials.'),
  metricsCollectorSpec: MetricsCollectorSpec.optional().describe('Where metrics come from; stdout by default.'),
  nasConfig: NasConfig.optional().describe('Search of network architectures, instead of parameters.'),
  resumePolicy: ResumePolicy.optional().describe(
    'Whether a finished experiment goes on when maxTrialCount is raised: Never (the default), LongRunning or FromVolume.',
  ),
  /** Qalam's additions: all optional, none inside items of Katib's lists. */
  seed: z.number().int().optional().describe('Seed of all chance: the same seed asks for the same trials.'),
  suspend: z.boolean().optional().describe('No new trials start; running ones finish.'),
  initialTrials: z
    .array(z.record(z.string(), z.string()))
    .optional()
    .describe('Values to try first, by parameter name; parameters left out are filled in.'),
  parameterConstraints: z
    .array(z.string())
    .optional()
    .describe('Expressions over parameter names that every trial fulfils, such as `a + b <= 10`.'),
  runningTrialsPolicy: z
    .enum(['Stop', 'Keep'])
    .optional()
    .describe('What becomes of running trials when the experiment ends; Stop by default.'),
  trialDeadlines: TrialDeadlines.optional().describe('Every trial ends in bounded time.'),
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
  currentOptimalTrial: OptimalTrial.optional().describe('The best of the trials that have ended.'),
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
  phase: ExperimentPhase.optional().describe('Where the experiment stands, in one word.'),
  bestObjective: z.number().optional().describe("The best trial's objective."),
  bestParameters: z.string().optional().describe("The best trial's assignments, in one line."),
  observedGeneration: z.number().int().optional(),
  /** Indexes of finished trials that were deleted, as ranges `0-3,7`: a budget is never refunded. */
  removedTrials: z.string().optional(),
  /** Trials below this index were judged when the experiment was suspended for want of metrics. */
  suspendedAfter: z.number().int().optional(),
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
