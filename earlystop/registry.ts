/** Every built-in rule, by spec.earlyStopping.algorithmName. */
import { asha } from './asha/asha.ts'
import { combinations, combine, isCombination } from './combination.ts'
import { curve } from './curve/curve.ts'
import type { Decision, EarlyStopper, FixedRule, TrialCurve } from './early-stopper.ts'
import { hyperband } from './hyperband/hyperband.ts'
import { medianstop } from './medianstop/medianstop.ts'
import { patience } from './patience/patience.ts'
import { percentile } from './percentile/percentile.ts'
import { threshold } from './threshold/threshold.ts'
import { wilcoxon } from './wilcoxon/wilcoxon.ts'

const rules = [medianstop, percentile, threshold, patience, asha, hyperband, wilcoxon, curve]

/** A rule whose settings are parsed where they are used; each entry agrees with itself. */
export const earlyStoppers: ReadonlyMap<string, EarlyStopper> = new Map(
  rules.map(rule => [rule.name, rule as unknown as EarlyStopper]),
)

/** What spec.earlyStopping.algorithmName may say. */
export const earlyStoppingNames: readonly string[] = [...earlyStoppers.keys(), ...combinations]

interface RuleSpec {
  readonly algorithmName: string
  readonly algorithmSettings?: readonly { readonly name: string; readonly value: string }[]
  /** Of `any` and `all` only. */
  readonly rules?: readonly RuleSpec[]
}

/** What is wrong with a rule's settings, by name; the rule itself is known. */
export function settingProblems({
  algorithmName,
  algorithmSettings = [],
}: RuleSpec): readonly { readonly name: string; readonly message: string }[] {
  if (isCombination(algorithmName))
    return algorithmSettings.map(({ name }) => ({ name, message: `${algorithmName} has no settings, its rules do` }))
  const rule = earlyStoppers.get(algorithmName)
  const parsed = rule?.settings.safeParse(record(algorithmSettings))
  if (!parsed || parsed.success) return []
  return parsed.error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(name => ({ name, message: `${algorithmName} has no such setting` }))
      : [{ name: String(issue.path[0] ?? ''), message: issue.message }],
  )
}

/** Whether `trial` should go on. Unknown rules and settings that do not parse stop nobody. `sign` as in `Hearing`. */
export function decide(spec: RuleSpec, trial: TrialCurve, peers: readonly TrialCurve[], sign: 1 | -1 = 1): Decision {
  const { algorithmName, rules = [] } = spec
  if (isCombination(algorithmName)) {
    const asked = rules.map(rule => ({ name: rule.algorithmName, decide: () => decide(rule, trial, peers, sign) }))
    return combine(algorithmName, asked)
  }
  const rule = earlyStoppers.get(algorithmName)
  const settings = rule?.settings.safeParse(record(spec.algorithmSettings ?? []))
  if (!rule || !settings?.success || trial.losses.length === 0) return { stop: false }
  return rule.decide({ trial, peers, settings: settings.data, sign })
}

/** The rule of a trial that starts now; `undefined`: there is none yet, or the rule cannot be said beforehand. */
export function fixedRule(spec: RuleSpec, ended: readonly TrialCurve[]): FixedRule | undefined {
  const rule = earlyStoppers.get(spec.algorithmName)
  const settings = rule?.settings.safeParse(record(spec.algorithmSettings ?? []))
  return settings?.success ? rule?.fixed?.({ ended, settings: settings.data }) : undefined
}

const record = (settings: readonly { readonly name: string; readonly value: string }[]) =>
  Object.fromEntries(settings.map(({ name, value }) => [name, value]))
