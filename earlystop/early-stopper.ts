/** The contract of an early-stopping rule. */
import type { z } from 'zod'

/** Losses of one trial by step, ascending; lower is better; at most 1,000 points, at the steps the rule asks for. */
export interface TrialCurve {
  readonly trial: string
  readonly ended: boolean
  readonly steps: readonly number[]
  readonly losses: readonly number[]
}

/** A stopping rule. Pure. Asked at most once per trial and 250 ms, when a running trial has reported something new. */
export interface EarlyStopper<Settings = unknown> {
  readonly name: string
  /** Parses algorithmSettings (an object of strings by name); holds every default. */
  readonly settings: z.ZodType<Settings>
  /** Curves are read at these steps only. */
  steps?(settings: Settings): readonly number[]
  /** Ended peers first. */
  decide(request: { trial: TrialCurve; peers: readonly TrialCurve[]; settings: Settings }): Decision
  /** The rule for a trial that starts now, where it can be said beforehand; `undefined`: too few trials have ended. */
  fixed?(request: { ended: readonly TrialCurve[]; settings: Settings }): FixedRule | undefined
}

/** A trial stops whose best loss of its first `startStep` reports is worse than `threshold`. Katib's wire knows no other rule. */
export interface FixedRule {
  readonly threshold: number
  readonly startStep: number
}

export type Decision = { readonly stop: false } | { readonly stop: true; readonly reason: string }
