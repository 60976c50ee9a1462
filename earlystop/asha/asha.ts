/**
 * Asynchronous successive halving as a stopping rule, every trial in the one race.
 *
 * Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", algorithm 2, in the stopping form of its section
 * 3.3 (`halving.ts`). Departs in what is meant where nothing is set: two rungs below the end, at R / eta^2 and R / eta of
 * the R reports that the longest ended trial has made, so that nobody is judged before a ninth of its way or before any
 * trial has shown how long that is (docs/decisions/0015-where-asha-begins.md).
 */
import { z } from 'zod'
import type { EarlyStopper, TrialCurve } from '../early-stopper.ts'
import { halve } from '../halving.ts'
import { integerSetting } from '../setting.ts'

const Settings = z.strictObject({
  /** Reports at the lowest rung; 0: R / eta^2. */
  min_resource: integerSetting(0, 0),
  eta: integerSetting(3, 2),
})

export const asha: EarlyStopper<z.output<typeof Settings>> = {
  name: 'asha',
  settings: Settings,
  decide({ settings: { min_resource, eta }, ...race }) {
    const minResource = min_resource || lowestRung(race.peers, eta)
    return minResource === undefined ? { stop: false } : halve({ ...race, minResource, eta })
  },
}

/** `undefined`: no trial has ended. */
function lowestRung(peers: readonly TrialCurve[], eta: number): number | undefined {
  const longest = peers.reduce((most, { ended, losses }) => (ended ? Math.max(most, losses.length) : most), 0)
  return longest === 0 ? undefined : Math.max(1, Math.ceil(longest / eta ** 2))
}
