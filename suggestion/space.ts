/** The search space and the only converter between a user's values and the unit cube. */
import type { Parameter } from '#api'

/** What is searched. */
export interface Problem {
  /** In the order of the Experiment. */
  readonly parameters: readonly Parameter[]
  readonly objectiveCount: number
  readonly maxTrialCount?: number
  readonly parallelTrialCount: number
  readonly parameterConstraints?: readonly string[]
  /** Assignments the user wants tried first, by parameter name. */
  readonly initialTrials?: readonly Readonly<Record<string, string>>[]
}
