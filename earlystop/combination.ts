/**
 * Several rules at once: `any` stops a trial when one of them would, the first in their order giving the reason; `all` when
 * every one would.
 *
 *     earlyStopping: { algorithmName: any, rules: [{ algorithmName: threshold, ... }, { algorithmName: asha }] }
 *
 * An addition of ours beside Katib's fields: an installation of Katib's refuses the name. Rules do not nest.
 */
import type { Decision } from './early-stopper.ts'

export const combinations = ['any', 'all'] as const
type Combination = (typeof combinations)[number]

export function isCombination(name: string): name is Combination {
  return combinations.some(known => known === name)
}

/** Each entry: a rule's name, and what it decides when it is asked. */
export function combine(
  combination: Combination,
  rules: readonly { readonly name: string; readonly decide: () => Decision }[],
): Decision {
  const reasons: string[] = []
  for (const { name, decide } of rules) {
    const decision = decide()
    if (decision.stop && combination === 'any') return { stop: true, reason: `${name}: ${decision.reason}` }
    if (!decision.stop && combination === 'all') return { stop: false }
    if (decision.stop) reasons.push(`${name}: ${decision.reason}`)
  }
  return reasons.length > 0 ? { stop: true, reason: reasons.join('; ') } : { stop: false }
}
