/** The contract of an early-stopping rule. */
import type { z } from 'zod'

/** Losses of one trial by step, ascending; lower is better; at most 1,000 points, at the steps the rule asks for. */
export interface TrialCurve {
  readonly trial: string
  readonly ended: boolean
  readonly steps: readonly number[]
  readonly losses: readonly number[]
}

/** A running trial before its judge. */
export interface Hearing<Settings> {
  readonly trial: TrialCurve
  /** Ended peers first; otherwise their order means nothing. */
  readonly peers: readonly TrialCurve[]
  readonly settings: Settings
  /** What a loss times this is in the objective's own terms, for bounds and reasons: -1 where it is maximised. */
  readonly sign: 1 | -1
}

/**
 * A stopping rule. Pure. Asked at most once per trial and 250 ms, when a running trial has reported something new.
 * One that compares with peers never stops the trial that is the best so far.
 */
export interface EarlyStopper<Settings = unknown> {
  readonly name: string
  /** Parses algorithmSettings (an object of strings by name); holds every default. */
  readonly settings: z.ZodType<Settings>
  /** Curves are read at these steps only. */
  steps?(settings: Settings): readonly number[]
  decide(hearing: Hearing<Settings>): Decision
  /** The rule for a trial that starts now, where it can be said beforehand; `undefined`: too few trials have ended. */
  fixed?(request: { ended: readonly TrialCurve[]; settings: Settings }): FixedRule | undefined
}

/** A trial stops whose best loss of its first `startStep` reports is worse than `threshold`. Katib's wire knows no other rule. */
export interface FixedRule {
  readonly threshold: number
  readonly startStep: number
}

/** The reason is a sentence about the trial, with the numbers that decided. */
export type Decision = { readonly stop: false } | { readonly stop: true; readonly reason: string }
