/**
 * Hyperband as a stopping rule: every trial belongs to a bracket, and each bracket is a race of successive halving with a
 * first rung of its own. Brackets that look late hedge against curves that cross.
 *
 * Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", algorithm 1; brackets halve
 * without waiting, as in section 3.3 of Li et al. 2020 (`halving.ts`). Departs: trials come one by one, so a trial draws
 * its bracket, with the shares that the paper's numbers of trials have; the draw is a hash of the trial's name, so that it
 * is the same at every look.
 */

import { z } from 'zod'
import { streamOf } from '#numerics'
import type { EarlyStopper } from '../early-stopper.ts'
import { halve } from '../halving.ts'
import { integerSetting } from '../setting.ts'

const Settings = z
  .strictObject({
    /** Reports at the lowest rung of the most eager bracket. */
    min_resource: integerSetting(1, 1),
    /** Reports of a trial that runs to its end; R of the paper, which takes 81 in its example. */
    max_resource: integerSetting(81, 1),
    eta: integerSetting(3, 2),
  })
  .refine(({ min_resource, max_resource }) => min_resource <= max_resource, {
    path: ['max_resource'],
    message: 'expected a number >= min_resource',
  })

export const hyperband: EarlyStopper<z.output<typeof Settings>> = {
  name: 'hyperband',
  settings: Settings,
  decide({ trial, peers, settings: { min_resource, max_resource, eta }, sign }) {
    const sizes = bracketSizes(min_resource, max_resource, eta)
    const bracket = bracketOf(trial.trial, sizes)
    const rivals = peers.filter(peer => bracketOf(peer.trial, sizes) === bracket)
    // Bracket 0 lets everybody run; bracket s begins s rungs earlier.
    if (bracket === 0) return { stop: false }
    const minResource = min_resource * eta ** (sizes.length - 1 - bracket)
    const decision = halve({ trial, peers: rivals, minResource, eta, sign })
    return decision.stop ? { stop: true, reason: `${decision.reason}, in bracket ${bracket}` } : decision
  },
}

/** n_s = ceil((s_max + 1) / (s + 1) * eta^s) trials in bracket s = 0 .. s_max = floor(log_eta(R / r)). */
export function bracketSizes(minResource: number, maxResource: number, eta: number): readonly number[] {
  let last = 0
  // By multiplication: log(243) / log(3) is 4.999...
  while (minResource * eta ** (last + 1) <= maxResource) last++
  return Array.from({ length: last + 1 }, (_, s) => Math.ceil(((last + 1) / (s + 1)) * eta ** s))
}

/** The bracket of a trial, by its name alone. */
export function bracketOf(trial: string, sizes: readonly number[]): number {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let left = streamOf(trial, 'hyperband', 0).integer(total)
  return sizes.findIndex(size => {
    left -= size
    return left < 0
  })
}
