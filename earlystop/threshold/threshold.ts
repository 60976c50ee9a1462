/** Fixed bounds in the objective's own terms: beyond them, or where there is no number at all, a trial goes no further. */
import { z } from 'zod'
import type { EarlyStopper } from '../early-stopper.ts'
import { lastStep, shown } from '../learning-curve.ts'
import { integerSetting, numberText } from '../setting.ts'

const Settings = z.strictObject({
  /** The objective may not be above it. */
  upper: numberText(Number.POSITIVE_INFINITY, 'a number', () => true),
  /** The objective may not be below it. */
  lower: numberText(Number.NEGATIVE_INFINITY, 'a number', () => true),
  n_warmup_steps: integerSetting(0, 0),
})

export const threshold: EarlyStopper<z.output<typeof Settings>> = {
  name: 'threshold',
  settings: Settings,
  decide({ trial, settings: { upper, lower, n_warmup_steps }, sign }) {
    const step = lastStep(trial)
    const loss = trial.losses.at(-1)
    if (loss === undefined || step <= n_warmup_steps) return { stop: false }
    const value = sign * loss
    if (!Number.isFinite(value))
      return { stop: true, reason: `it reported ${value} at step ${step}, which is no number` }
    if (value > upper) return { stop: true, reason: `its ${shown(value)} at step ${step} is above ${shown(upper)}` }
    if (value < lower) return { stop: true, reason: `its ${shown(value)} at step ${step} is below ${shown(lower)}` }
    return { stop: false }
  },
}
