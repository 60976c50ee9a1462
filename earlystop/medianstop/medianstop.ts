/**
 * The median stopping rule: a trial goes no further when the best it has reached is worse than what half of the others
 * had on average by the same step.
 *
 * Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", section 3.2.2. With `compat: katib` the
 * threshold is what Katib computes under this name: the mean, over ended trials, of the mean of their first `start_step`
 * reports, asked once at that report.
 */
import { median } from 'simple-statistics'
import { z } from 'zod'
import type { Decision, EarlyStopper, TrialCurve } from '../early-stopper.ts'
import { bestOf, lastStep, leads, meanOf, shown, until } from '../learning-curve.ts'
import { choice, integerSetting } from '../setting.ts'

const Settings = z.strictObject({
  /** Ended trials before the first stop. */
  min_trials_required: integerSetting(3, 1),
  /** Reports of a trial before it may be stopped. */
  start_step: integerSetting(4, 1),
  compat: choice(['vizier', 'katib']),
})
type Settings = z.output<typeof Settings>

export const medianstop: EarlyStopper<Settings> = {
  name: 'medianstop',
  settings: Settings,
  decide({ trial, peers, settings, sign }) {
    const ended = peers.filter(peer => peer.ended && peer.losses.length > 0)
    if (ended.length < settings.min_trials_required || trial.losses.length < settings.start_step) return { stop: false }
    return settings.compat === 'katib' ? asKatib(trial, ended, settings, sign) : asVizier(trial, ended, sign)
  },
  fixed({ ended, settings: { min_trials_required, start_step, compat } }) {
    const averages = ended.filter(({ losses }) => losses.length > 0).map(peer => firstAverage(peer, start_step))
    if (averages.length < min_trials_required) return undefined
    return { threshold: compat === 'katib' ? meanOf(averages) : median(averages), startStep: start_step }
  },
}

function asVizier(trial: TrialCurve, ended: readonly TrialCurve[], sign: 1 | -1): Decision {
  const step = lastStep(trial)
  const averages = ended
    .map(peer => until(peer, step))
    .filter(losses => losses.length > 0)
    .map(meanOf)
  if (averages.length === 0) return { stop: false }
  const threshold = median([...averages])
  const best = bestOf(trial.losses)
  if (!(best > threshold)) return { stop: false }
  return {
    stop: true,
    reason: `its best ${shown(sign * best)} by step ${step} is worse than the median ${shown(sign * threshold)} of ${averages.length} ended trials`,
  }
}

const firstAverage = (peer: TrialCurve, reports: number) =>
  meanOf(until(peer, Number.POSITIVE_INFINITY).slice(0, reports))

function asKatib(trial: TrialCurve, ended: readonly TrialCurve[], { start_step }: Settings, sign: 1 | -1): Decision {
  const threshold = meanOf(ended.map(peer => firstAverage(peer, start_step)))
  const best = bestOf(trial.losses.slice(0, start_step))
  if (!(best > threshold) || leads(trial, ended)) return { stop: false }
  return {
    stop: true,
    reason: `its best ${shown(sign * best)} after ${start_step} reports is worse than the mean ${shown(sign * threshold)} of ${ended.length} ended trials`,
  }
}
