/** Fixed bounds in the objective's own terms turned to losses: beyond them, or no number at all, a trial goes no further. */
import { z } from 'zod'
import { lastStep, shown } from '../curve.ts'
import type { EarlyStopper } from '../early-stopper.ts'
import { integerSetting, numberText } from '../setting.ts'

const Settings = z.strictObject({
  /** The loss may not be above it. For an objective that is maximised the loss is the negative. */
  upper: numberText(Number.POSITIVE_INFINITY, 'a number', () => true),
  /** The loss may not be below it. */
  lower: numberText(Number.NEGATIVE_INFINITY, 'a number', () => true),
  n_warmup_steps: integerSetting(0, 0),
})

export const threshold: EarlyStopper<z.output<typeof Settings>> = {
  name: 'threshold',
  settings: Settings,
  decide({ trial, settings }) {
    const step = lastStep(trial)
    const loss = trial.losses.at(-1)
    if (loss === undefined || step <= settings.n_warmup_steps) return { stop: false }
    if (!Number.isFinite(loss)) return { stop: true, reason: `it reported ${loss} at step ${step}, which is no number` }
    if (loss > settings.upper)
      return { stop: true, reason: `its loss ${shown(loss)} at step ${step} is above ${shown(settings.upper)}` }
    if (loss < settings.lower)
      return { stop: true, reason: `its loss ${shown(loss)} at step ${step} is below ${shown(settings.lower)}` }
    return { stop: false }
  },
}
