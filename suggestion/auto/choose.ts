/**
 * Which model answers next: a table of the space, the budget and what is known, read from top to bottom.
 *
 * | situation | choice |
 * | --- | --- |
 * | a finite space no larger than the budget | grid |
 * | a list of more than 20 names, or more than 25 lists | multivariate-tpe |
 * | up to 20 parameters, fewer trials than the larger of 250 and 15 a parameter | bayesianoptimization, while it predicts |
 * | more than 20 parameters, fewer trials than 15 a parameter | multivariate-tpe |
 * | beyond that, at least two numbers | cmaes with growing populations, from the best so far |
 * | beyond that, else | multivariate-tpe |
 *
 * From the ninth point without a trial ending in between, multivariate-tpe answers for the Gaussian process: a large batch
 * must not take minutes, in one ask or in many.
 * Where 8 or more trials are in flight, or nothing better was found for long, every fourth suggestion comes from
 * multivariate-tpe: a second opinion costs little and finds what one model cannot see.
 */
import type { Space } from '../space.ts'

export interface Situation {
  readonly space: Space
  readonly maxTrialCount: number | undefined
  readonly finishedCount: number
  readonly pendingCount: number
  /** Ended trials since the best loss was found. */
  readonly sinceBest: number
  readonly index: number
  /** How many points were suggested since a trial last ended: see `burst.ts`. */
  readonly place: number
  /** Rank correlation of leave-one-out predictions with losses; `undefined`: not known yet. Asked only where it decides. */
  correlation(): number | undefined
}

export interface Choice {
  readonly model: 'grid' | 'multivariate-tpe' | 'bayesianoptimization' | 'cmaes'
  readonly because: string
  /** What the table says, where this is a second opinion or a batch. */
  readonly main?: Choice
}

export function choose(situation: Situation): Choice {
  const first = chooseByTable(situation)
  const { space, index, place, pendingCount, sinceBest, finishedCount } = situation
  if (first.model === 'bayesianoptimization' && place >= 8)
    return { ...tpe('more than 8 points are asked for with no result in between'), main: first }
  if (first.model === 'grid' || first.model === 'multivariate-tpe' || index % 4 !== 3) return first
  const patience = Math.max(30, 3 * space.axes.length)
  if (pendingCount >= 8) return second(first, `${pendingCount} trials are in flight`)
  if (finishedCount > patience && sinceBest >= patience)
    return second(first, `${sinceBest} trials brought nothing better`)
  return first
}

function second(main: Choice, why: string): Choice {
  return { model: 'multivariate-tpe', because: `multivariate-tpe gives every fourth point, as ${why}`, main }
}

function chooseByTable(situation: Situation): Choice {
  const { space, maxTrialCount, finishedCount: n } = situation
  const d = space.axes.length
  const lists = space.axes.filter(({ kind }) => kind === 'categorical')
  const numbers = d - lists.length
  const longest = Math.max(0, ...lists.map(({ levels }) => levels))
  if (maxTrialCount !== undefined && space.cellCount <= maxTrialCount) {
    return {
      model: 'grid',
      because: `grid, as the space has ${space.cellCount} points and the budget is ${maxTrialCount}`,
    }
  }
  if (longest > 20) return tpe(`a list has ${longest} names`)
  if (lists.length > 25) return tpe(`${lists.length} parameters are lists`)
  if (d <= 20 && n < Math.max(250, 15 * d)) return modelWhileItPredicts(situation)
  if (d > 20 && n < 15 * d) return tpe(`there are ${d} parameters`)
  if (numbers >= 2) return { model: 'cmaes', because: `cmaes from the best so far, as ${n} trials have ended` }
  return tpe(`${n} trials have ended and ${numbers} of ${d} parameters are numbers`)
}

function modelWhileItPredicts({ space, finishedCount: n, correlation }: Situation): Choice {
  const d = space.axes.length
  const because = `bayesianoptimization, as there are ${d} parameters and ${n} ended trials`
  if (n < Math.max(20, 3 * d)) return { model: 'bayesianoptimization', because }
  const found = correlation()
  if (found === undefined || found >= 0.3) return { model: 'bayesianoptimization', because }
  return tpe(`the predictions of a Gaussian process agree with the trials by ${found.toFixed(2)} alone`)
}

function tpe(why: string): Choice {
  return { model: 'multivariate-tpe', because: `multivariate-tpe, as ${why}` }
}
