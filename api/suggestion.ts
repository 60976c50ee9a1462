/** The Suggestion: where to look next, asked for and answered. Named like its Experiment. */
import { z } from 'zod'
import { AlgorithmSpec, EarlyStoppingRule, EarlyStoppingSpec, Setting } from './algorithm.ts'
import { Condition } from './condition.ts'
import { ResumePolicy } from './experiment.ts'
import { API_VERSION } from './names.ts'
import { ParameterAssignment } from './parameter.ts'
import { Metadata } from './resource.ts'

export const TrialAssignment = z.looseObject({
  parameterAssignments: z.array(ParameterAssignment).optional(),
  name: z.string(),
  earlyStoppingRules: z.array(EarlyStoppingRule).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  /** Qalam's: the index of protocol P1, 0, 1, 2, ... per experiment UID. */
  index: z.number().int().optional(),
  /** Qalam's: why this point, in one sentence. */
  because: z.string().optional(),
})
export type TrialAssignment = z.output<typeof TrialAssignment>

export const SuggestionSpec = z.looseObject({
  algorithm: AlgorithmSpec.optional(),
  earlyStopping: EarlyStoppingSpec.optional(),
  requests: z.number().int().optional(),
  resumePolicy: ResumePolicy.optional(),
})
export type SuggestionSpec = z.output<typeof SuggestionSpec>

export const SuggestionStatus = z.looseObject({
  algorithmSettings: z.array(Setting).optional(),
  /** Assignments ever handed out; the list below is trimmed of those that became Trials. */
  suggestionCount: z.number().int().optional(),
  suggestions: z.array(TrialAssignment).optional(),
  startTime: z.string().nullish(),
  completionTime: z.string().nullish(),
  lastReconcileTime: z.string().nullish(),
  conditions: z.array(Condition).optional(),
  /** Qalam's: the algorithm has nothing left to suggest. */
  searchEnded: z.boolean().optional(),
  /** Qalam's: what answered last: the algorithm, a model that it chose, or what stood in for it. */
  choice: z.string().optional(),
})
export type SuggestionStatus = z.output<typeof SuggestionStatus>

export const Suggestion = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Suggestion'),
  metadata: Metadata,
  spec: SuggestionSpec.default({}),
  status: SuggestionStatus.optional(),
})
export type Suggestion = z.output<typeof Suggestion>
