/**
 * The percentile rule: the best of a trial so far against the p-th percentile (from the best side) of the others at the
 * same step. With 50 it is the median rule over values instead of running averages; after Optuna's PercentilePruner.
 */
import { quantile } from 'simple-statistics'
import { z } from 'zod'
import type { EarlyStopper } from '../early-stopper.ts'
import { bestOf, lastStep, shown, until } from '../learning-curve.ts'
import { integerSetting, numberText } from '../setting.ts'

const Settings = z.strictObject({
  /** In percent: how many of the best are safe. */
  percentile: numberText(25, 'a number in (0, 100)', value => value > 0 && value < 100),
  /** Ended trials before the first stop. */
  n_startup_trials: integerSetting(5, 1),
  /** Steps of a trial before it may be stopped. */
  n_warmup_steps: integerSetting(0, 0),
  /** Trials that must have a value at the step. */
  n_min_trials: integerSetting(1, 1),
})

export const percentile: EarlyStopper<z.output<typeof Settings>> = {
  name: 'percentile',
  settings: Settings,
  decide({ trial, peers, settings, sign }) {
    const ended = peers.filter(peer => peer.ended)
    const step = lastStep(trial)
    if (ended.length < settings.n_startup_trials || step <= settings.n_warmup_steps) return { stop: false }
    const values = ended
      .map(peer => until(peer, step))
      .filter(losses => losses.length > 0)
      .map(bestOf)
    const finite = values.filter(Number.isFinite)
    if (finite.length < settings.n_min_trials) return { stop: false }
    const threshold = quantile(finite, settings.percentile / 100)
    const best = bestOf(trial.losses)
    if (!(best > threshold)) return { stop: false }
    return {
      stop: true,
      reason: `its best ${shown(sign * best)} by step ${step} is not among the best ${settings.percentile} % (${shown(sign * threshold)}) of ${finite.length} ended trials`,
    }
  },
}
