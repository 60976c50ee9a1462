/**
 * Asynchronous successive halving as a stopping rule: at rung r, after `min_resource` * eta^r reports, a trial goes on only
 * if it is among the best 1/eta of those that have been there.
 *
 * Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", algorithm 2, in the stopping form of its section
 * 3.3: nobody waits for a rung to fill. With fewer than eta trials at a rung, only the best one is sure to go on.
 */
import { z } from 'zod'
import { bestOf, shown } from '../curve.ts'
import type { EarlyStopper, TrialCurve } from '../early-stopper.ts'
import { integerSetting } from '../setting.ts'

const Settings = z.strictObject({
  /** Reports at the lowest rung. */
  min_resource: integerSetting(1, 1),
  eta: integerSetting(4, 2),
})

export const asha: EarlyStopper<z.output<typeof Settings>> = {
  name: 'asha',
  settings: Settings,
  decide({ trial, peers, settings: { min_resource, eta } }) {
    const rung = rungOf(trial, min_resource, eta)
    if (rung === undefined) return { stop: false }
    const reports = min_resource * eta ** rung
    const best = bestOf(trial.losses.slice(0, reports))
    const others = peers
      .filter(peer => peer.losses.length >= reports)
      .map(peer => bestOf(peer.losses.slice(0, reports)))
    const place = others.filter(loss => loss < best).length
    const survivors = Math.max(1, Math.floor((others.length + 1) / eta))
    if (place < survivors) return { stop: false }
    return {
      stop: true,
      reason: `its best ${shown(best)} after ${reports} reports is place ${place + 1} of ${others.length + 1}, and ${survivors} go on`,
    }
  },
}

/** The highest rung that the trial has reached. */
function rungOf(trial: TrialCurve, minResource: number, eta: number): number | undefined {
  const count = trial.losses.length
  if (count < minResource) return undefined
  let rung = 0
  while (minResource * eta ** (rung + 1) <= count) rung++
  return rung
}
