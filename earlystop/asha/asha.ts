/**
 * Asynchronous successive halving as a stopping rule, every trial in the one race.
 *
 * Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", algorithm 2, in the stopping form of its section
 * 3.3 (`halving.ts`).
 */
import { z } from 'zod'
import type { EarlyStopper } from '../early-stopper.ts'
import { halve } from '../halving.ts'
import { integerSetting } from '../setting.ts'

const Settings = z.strictObject({
  /** Reports at the lowest rung. */
  min_resource: integerSetting(1, 1),
  eta: integerSetting(4, 2),
})

export const asha: EarlyStopper<z.output<typeof Settings>> = {
  name: 'asha',
  settings: Settings,
  decide: ({ settings: { min_resource: minResource, eta }, ...race }) => halve({ ...race, minResource, eta }),
}
