/**
 * `grid`: every combination once, in a shuffled order, so that a grid stopped halfway is still a fair sample. The search
 * ends when all were handed out. Where it stands is read from the history: the next combination no trial has had.
 */
import { z } from 'zod'
import type { Algorithm } from '../algorithm.ts'
import { randomState } from '../setting.ts'
import { createSpace, type Problem } from '../space.ts'
import { shuffled } from './shuffle.ts'

const Settings = z.strictObject({ random_state: randomState })

export const grid: Algorithm<z.output<typeof Settings>> = {
  name: 'grid',
  about: 'every combination once, shuffled; ends when all were tried',
  source: 'every combination, in the order of a Feistel permutation',
  needs: 'a step for every double, at most 1e9 combinations, and no more trials than combinations',
  settings: Settings,
  refuses: problem => refusal(problem),
  suggest({ problem, count, stream, allows }) {
    const { axes, cellCount } = createSpace(problem)
    const seed = stream(-1).integer(4294967296)
    const suggestions: { point: Float64Array }[] = []
    for (let i = 0; i < cellCount && suggestions.length < count; i++) {
      const point = cell(shuffled(i, cellCount, seed))
      if (allows(point)) suggestions.push({ point })
    }
    return { suggestions, searchEnded: suggestions.length < count }

    function cell(number: number): Float64Array {
      let rest = number
      return Float64Array.from(axes, axis => {
        const level = rest % axis.levels
        rest = Math.floor(rest / axis.levels)
        return axis.unitOf(level)
      })
    }
  },
}

const MAX_CELLS = 1e9

function refusal(problem: Problem): string | undefined {
  const { axes, cellCount } = createSpace(problem)
  const endless = axes.filter(axis => axis.levels === Number.POSITIVE_INFINITY).map(axis => `"${axis.name}"`)
  if (endless.length > 0) return `a grid needs a step for every double: give ${endless.join(', ')} feasibleSpace.step`
  if (cellCount > MAX_CELLS)
    return `the grid has ${cellCount} combinations, at most ${MAX_CELLS} are possible: use larger steps`
  const { maxTrialCount } = problem
  if (maxTrialCount === undefined || maxTrialCount <= cellCount) return undefined
  return `Max Trial Count: ${maxTrialCount} > all possible search combinations: ${cellCount}`
}
