/**
 * `cmaes`: covariance matrix adaptation, replayed from the trials; integers keep a margin, names have probabilities.
 *
 * Source: Hansen 2016 (see `evolution.ts`), with restarts. Departs: the mean starts at the best of some Sobol points, not
 * at the middle of the box; generations are asynchronous, see `run.ts`.
 */
import { z } from 'zod'
import { hashPoint, sobolPoint } from '#numerics'
import type { Algorithm } from '../algorithm.ts'
import { choiceSetting, numberSetting, randomState } from '../setting.ts'
import { createSpace } from '../space.ts'
import { drawStep, margins } from './margin.ts'
import { drawNames, GENERATION_LABEL, lossOf, type Replay, replay } from './run.ts'
import { axisSplit } from './run-state.ts'

const Settings = z.strictObject({
  sigma: numberSetting({ default: 0.167, min: 0, exclusive: true, about: 'first step size, as a share of the range' }),
  restart_strategy: choiceSetting(['none', 'ipop', 'bipop'], {
    default: 'none',
    about: 'what follows a run that has converged: nothing, larger populations, or large and small in turn',
  }),
  random_state: randomState,
})
type Settings = z.output<typeof Settings>

export const cmaes: Algorithm<Settings> = {
  name: 'cmaes',
  about: 'an evolution strategy that learns scales and directions: numeric spaces, many cheap trials',
  source: 'Hansen 2016, arXiv:1604.00772; Auger and Hansen 2005 (ipop); Hansen 2009 (bipop)',
  needs: 'at least 2 parameters of type int or double',
  settings: Settings,
  refuses({ parameters }) {
    const numeric = parameters.filter(({ parameterType }) => parameterType === 'int' || parameterType === 'double')
    if (numeric.length >= 2) return undefined
    return `cmaes needs at least 2 parameters of type int or double, found ${numeric.length}`
  },
  suggest({ problem, settings, history, firstIndex, count, stream }) {
    const space = createSpace(problem)
    const { numbers, categories } = axisSplit(space)
    const isOwn = (trial: { labels?: Readonly<Record<string, string>> }) =>
      trial.labels?.[GENERATION_LABEL] !== undefined
    const own = history.finished.filter(isOwn)
    const firstOwn = Math.min(...[...own, ...history.pending.filter(isOwn)].map(({ index }) => index), Infinity)
    const before = history.finished.filter(trial => !isOwn(trial) && trial.index < firstOwn)
    if (firstOwn === Infinity && before.length < STARTUP_TRIALS) {
      const scramble = stream(-1).integer(4294967296)
      return {
        suggestions: Array.from({ length: count }, (_, i) => ({
          point: sobolPoint(firstIndex + i, space.axes.length, scramble),
        })),
      }
    }
    const best = before.toSorted((a, b) => lossOf(a.outcome) - lossOf(b.outcome) || a.index - b.index)[0]
    const start = best?.point ?? new Float64Array(space.axes.length).fill(0.5)
    const shape = space.axes.map(({ levels, kind }) => (kind === 'categorical' ? -levels : levels))
    const key = hashPoint(
      Float64Array.from([settings.sigma, settings.restart_strategy.length, ...start, stream(-1).uniform(), ...shape]),
    )
    const context: Replay = { space, settings, start, key, stream }
    const run = replay(own, context)
    const scales = margins(run, space)
    const suggestions = Array.from({ length: count }, (_, i) => {
      const rng = stream(firstIndex + i)
      const { x } = drawStep(run, scales, space, rng)
      const point = new Float64Array(space.axes.length)
      for (const [j, axis] of numbers.entries()) point[axis] = x[j]
      for (const [c, level] of drawNames(run, rng).entries())
        point[categories[c]] = space.axes[categories[c]].unitOf(level)
      return { point, labels: { [GENERATION_LABEL]: String(run.generation) } }
    })
    return { suggestions }
  },
}

/** Sobol points before the first generation: the best of a few is a start, more would be a generation lost. */
const STARTUP_TRIALS = 4
