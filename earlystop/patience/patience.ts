/** Patience: a trial that has not become better by `min_delta` within `patience` reports goes no further. */
import { z } from 'zod'
import type { EarlyStopper } from '../early-stopper.ts'
import { bestOf, lastStep, shown } from '../learning-curve.ts'
import { integerSetting, numberText } from '../setting.ts'

const Settings = z.strictObject({
  /** Reports without an improvement. */
  patience: integerSetting(10, 1),
  min_delta: numberText(0, 'a number >= 0', value => value >= 0),
})

export const patience: EarlyStopper<z.output<typeof Settings>> = {
  name: 'patience',
  settings: Settings,
  decide({ trial, settings, sign }) {
    const { losses } = trial
    if (losses.length <= settings.patience) return { stop: false }
    const before = bestOf(losses.slice(0, -settings.patience))
    const since = bestOf(losses.slice(-settings.patience))
    if (since < before - settings.min_delta) return { stop: false }
    return {
      stop: true,
      reason: `no report since step ${lastStep(trial) - settings.patience} is better than ${shown(sign * before)} by more than ${settings.min_delta}`,
    }
  },
}
