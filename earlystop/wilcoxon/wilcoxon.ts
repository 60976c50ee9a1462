/**
 * For trials made of independent instances, such as folds: a trial goes no further once it is worse than the best ended
 * trial, instance by instance, by more than chance explains. The step is the instance; every trial should see them in
 * a shuffled order, or the first ones decide for all.
 *
 * A one-sided signed-rank test (`signed-rank.ts`), as in Optuna's WilcoxonPruner. Departs: a test repeated at every instance
 * stops equal trials far more often than once in 1 / p_threshold. So there are looks, at n0, 2 n0, 4 n0, ... instances, and
 * they share p_threshold: 2/3, 2/9, 2/27, ... of it (error spending, Lan and DeMets 1983, doi:10.1093/biomet/70.3.659).
 * n0 is the smallest number at which the first look can stop anybody, 4 by default.
 */
import { z } from 'zod'
import type { EarlyStopper, TrialCurve } from '../early-stopper.ts'
import { meanOf, shown } from '../learning-curve.ts'
import { integerSetting, numberText } from '../setting.ts'
import { signedRankP } from './signed-rank.ts'

const Settings = z.strictObject({
  /** How often a trial that is as good as the best may be stopped. */
  p_threshold: numberText(0.1, 'a number in (0, 1)', value => value > 0 && value < 1),
  /** Instances before the first look. */
  n_startup_steps: integerSetting(2, 1),
})

export const wilcoxon: EarlyStopper<z.output<typeof Settings>> = {
  name: 'wilcoxon',
  settings: Settings,
  decide({ trial, peers, settings: { p_threshold, n_startup_steps }, sign }) {
    const best = bestEnded(peers)
    if (!best) return { stop: false }
    const byStep = new Map(best.steps.map((step, i) => [step, best.losses[i]]))
    const pairs = trial.steps.flatMap((step, i) => {
      const theirs = byStep.get(step)
      return theirs === undefined ? [] : [{ own: trial.losses[i], theirs }]
    })
    const look = lookAt(pairs.length, p_threshold, n_startup_steps)
    if (!look) return { stop: false }
    const seen = pairs.slice(0, look.instances)
    const own = meanOf(trial.losses)
    if (own <= meanOf(best.losses)) return { stop: false }
    const p = signedRankP(seen.map(difference))
    if (!(p < look.p)) return { stop: false }
    return {
      stop: true,
      reason: `it is worse than ${best.trial} on ${look.instances} shared steps, p = ${shown(p)} below ${shown(look.p)}; its mean is ${shown(sign * own)}`,
    }
  },
}

/** By the mean of all instances; the first name of equals, so that the order of peers means nothing. */
function bestEnded(peers: readonly TrialCurve[]): TrialCurve | undefined {
  const ended = peers.filter(({ ended, losses }) => ended && Number.isFinite(meanOf(losses)))
  return ended.toSorted((a, b) => meanOf(a.losses) - meanOf(b.losses) || (a.trial < b.trial ? -1 : 1))[0]
}

/** The latest look that `count` instances allow, and its part of the error. */
function lookAt(count: number, pThreshold: number, startup: number): { instances: number; p: number } | undefined {
  let p = (2 / 3) * pThreshold
  let instances = Math.max(startup, Math.floor(Math.log2(1 / p)) + 1)
  if (count < instances) return undefined
  while (2 * instances <= count) {
    instances *= 2
    p /= 3
  }
  return { instances, p }
}

/** What is no number is worse than any; the best trial has numbers only. */
function difference({ own, theirs }: { own: number; theirs: number }): number {
  return Number.isFinite(own) ? own - theirs : Number.POSITIVE_INFINITY
}
