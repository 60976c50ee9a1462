/**
 * One rung of asynchronous successive halving: after `minResource` * eta^r reports a trial goes on only if it is among the
 * best 1/eta of those that have been there. Nobody waits for a rung to fill.
 *
 * Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", section 3.3. With fewer than eta trials at a rung
 * only the best one is sure to go on; ties go on.
 */
import type { Decision, TrialCurve } from './early-stopper.ts'
import { bestOf, leads, shown } from './learning-curve.ts'

interface Race {
  readonly trial: TrialCurve
  /** Those that the trial is compared with, in any state. */
  readonly peers: readonly TrialCurve[]
  readonly minResource: number
  readonly eta: number
  readonly sign: 1 | -1
}

export function halve({ trial, peers, minResource, eta, sign }: Race): Decision {
  const rung = rungOf(trial, minResource, eta)
  if (rung === undefined || leads(trial, peers)) return { stop: false }
  const reports = minResource * eta ** rung
  const best = bestOf(trial.losses.slice(0, reports))
  const others = peers.filter(peer => peer.losses.length >= reports).map(peer => bestOf(peer.losses.slice(0, reports)))
  const place = others.filter(loss => loss < best).length
  const survivors = Math.max(1, Math.floor((others.length + 1) / eta))
  if (place < survivors) return { stop: false }
  return {
    stop: true,
    reason: `its best ${shown(sign * best)} after ${reports} reports is place ${place + 1} of ${others.length + 1}, and ${survivors} go on`,
  }
}

/** The highest rung that the trial has reached. */
function rungOf(trial: TrialCurve, minResource: number, eta: number): number | undefined {
  const count = trial.losses.length
  if (count < minResource) return undefined
  let rung = 0
  while (minResource * eta ** (rung + 1) <= count) rung++
  return rung
}
