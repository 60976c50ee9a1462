/**
 * Extrapolation: a trial goes no further when its curve, drawn on to the last report, will hardly be better than the best of
 * those that have ended.
 *
 * Domhan, Springenberg and Hutter 2015 (`families.ts`), section 4. Departs: a bootstrap over least-squares fits instead of
 * Markov chains (`extrapolate.ts`), which costs milliseconds; noise above the signal stops nobody. A look is at a twentieth,
 * two twentieths, ... of the way, on the reports up to there, so that it says the same whenever it is asked, and is drawn
 * once, since it costs milliseconds. Chance comes from the trial's name and the look.
 */

import { z } from 'zod'
import { streamOf } from '#numerics'
import type { EarlyStopper, TrialCurve } from '../early-stopper.ts'
import { bestOf, shown } from '../learning-curve.ts'
import { integerSetting, numberText } from '../setting.ts'
import { type Extrapolation, extrapolate } from './extrapolate.ts'

const Settings = z.strictObject({
  /** Stop when it becomes better than the best with a probability below this. */
  prune_probability: numberText(0.03, 'a number in (0, 1)', value => value > 0 && value < 1),
  /** In units of the objective: by how much better counts. */
  delta: numberText(0, 'a number >= 0', value => value >= 0 && Number.isFinite(value)),
  /** Reports before the first look, and at least 15 % of all. */
  min_points: integerSetting(8, 4),
  /** Ended trials before the first stop. */
  min_trials_required: integerSetting(3, 1),
  /** Reports of a trial that runs to its end; 0: as many as the longest that has ended. */
  max_resource: integerSetting(0, 0),
})
type Settings = z.output<typeof Settings>

export const curve: EarlyStopper<Settings> = {
  name: 'curve',
  settings: Settings,
  decide({ trial, peers, settings, sign }) {
    const ended = peers.filter(peer => peer.ended && Number.isFinite(bestOf(peer.losses)))
    if (ended.length < settings.min_trials_required) return { stop: false }
    const best = Math.min(...ended.map(peer => bestOf(peer.losses)))
    const horizon = settings.max_resource || Math.max(...ended.map(({ losses }) => losses.length))
    const seen = seenAtLook(trial, horizon, settings.min_points)
    if (!seen || bestOf(trial.losses) <= best) return { stop: false }
    const ahead = look(trial.trial, seen, horizon)
    if (!ahead || ahead.signalToNoise < 1) return { stop: false }
    const chance = ahead.values.filter(value => value < best - settings.delta).length / ahead.values.length
    if (!(chance < settings.prune_probability)) return { stop: false }
    return {
      stop: true,
      reason: `after ${seen.length} of ${horizon} reports it is expected to end at ${shown(sign * middle(ahead.values))}, better than the best ${shown(sign * best)} with probability ${shown(chance)}, below ${settings.prune_probability}`,
    }
  },
}

/** Losses up to the latest look; `undefined` before the first, at the end, and of a curve with something else than numbers. */
function seenAtLook(trial: TrialCurve, horizon: number, minPoints: number): readonly number[] | undefined {
  const every = Math.max(1, Math.ceil(horizon / 20))
  const count = Math.floor(trial.losses.length / every) * every
  if (count < Math.max(minPoints, Math.ceil(0.15 * horizon)) || trial.losses.length >= horizon) return undefined
  const seen = trial.losses.slice(0, count)
  return seen.every(Number.isFinite) ? seen : undefined
}

interface Look {
  readonly seen: readonly number[]
  readonly horizon: number
  readonly ahead: Extrapolation | undefined
}

/** The latest look at each trial, the longest unasked first: a remembered answer, never a different one. */
const latest = new Map<string, Look>()
const REMEMBERED = 256

function look(trial: string, seen: readonly number[], horizon: number): Extrapolation | undefined {
  const last = latest.get(trial)
  const isSame =
    last?.horizon === horizon && last.seen.length === seen.length && last.seen.every((loss, i) => loss === seen[i])
  const ahead = isSame ? last.ahead : extrapolate(seen, horizon, streamOf(trial, 'curve', seen.length))
  latest.delete(trial)
  latest.set(trial, { seen, horizon, ahead })
  const [oldest] = latest.keys()
  if (latest.size > REMEMBERED && oldest !== undefined) latest.delete(oldest)
  return ahead
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]
