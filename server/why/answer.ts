/** The answer to "why is nothing moving": a word to search for, one sentence, and what to do next. */
import { z } from 'zod'

/** Every state that an experiment can be in for its user. None is without a sentence. */
export const WhyState = z.enum([
  // Over
  'GoalReached',
  'BudgetSpent',
  'SearchEnded',
  'Succeeded',
  'Failed',
  'Deleting',
  // Nobody moves it
  'NoServer',
  'NotSeenYet',
  'StoreAway',
  // It was told to wait
  'Paused',
  'SuspendedWithoutMetrics',
  // Before a trial
  'Starting',
  'TemplateProblem',
  'ConfigMapMissing',
  'TrialKind',
  'AlgorithmRefuses',
  'AlgorithmStarting',
  'AlgorithmComputing',
  'CreatingTrials',
  'Concluding',
  // A trial
  'Running',
  'NameTaken',
  'TrialStarting',
  'TrialDeleting',
  'WaitingForQueue',
  'JobSuspended',
  'WaitingForPod',
  'PodRefused',
  'WaitingForSlot',
  'Unschedulable',
  'WaitingForImage',
  'ContainerCannotStart',
  'ContainerCrashes',
  'PodStarting',
  'PodEnding',
  'PodRetried',
  'AwaitingMetrics',
  'Stopping',
  'TrialWaits',
  'TrialEnded',
  'MetricsUnavailable',
])
export type WhyState = z.output<typeof WhyState>

export const Why = z.object({
  state: WhyState,
  /** One sentence; lower-case start, no full stop, so that it can stand after a colon. */
  sentence: z.string(),
  /** What to do, even if it is to wait. */
  next: z.string(),
  /** The trial that the sentence is about. */
  trial: z.string().optional(),
})
export type Why = z.output<typeof Why>
