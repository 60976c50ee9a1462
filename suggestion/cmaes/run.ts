/**
 * The state of the search after a history: the runs of CMA-ES so far, replayed from the trials.
 *
 * Every trial of the strategy carries its generation as a label. A generation ends when λ of its trials have ended (a
 * failed one ranks last); later ones of the same generation are not used. Its raw steps are drawn again from the stream of
 * each trial, so that rounding to a grid does not reach the update; a trial that does not fit its draw is used as it is.
 *
 * Replayed generations are kept by what they saw; the cache changes the time of an answer, never the answer.
 */
import { PREFIX } from '#api'
import { hashPoint, type Rng } from '#numerics'
import type { FinishedTrial } from '../history.ts'
import type { Space } from '../space.ts'
import { advance, defaultLambda, startEvolution, whyEnded } from './evolution.ts'
import { drawStep, margins } from './margin.ts'
import { advanceNames, drawName, startNames } from './names.ts'
import { axisSplit, type Run, type RunSettings } from './run-state.ts'

export const GENERATION_LABEL = `${PREFIX}/generation`

export interface Replay {
  readonly space: Space
  readonly settings: RunSettings
  readonly start: Float64Array
  readonly key: number
  stream(index: number): Rng
}

export function replay(trials: readonly FinishedTrial[], context: Replay): Run {
  const byGeneration = new Map<number, FinishedTrial[]>()
  for (const trial of trials) {
    const generation = Number(trial.labels?.[GENERATION_LABEL])
    const members = byGeneration.get(generation)
    if (members) members.push(trial)
    else byGeneration.set(generation, [trial])
  }
  let run = startRun(context)
  let key = context.key
  for (;;) {
    const members = byGeneration.get(run.generation)?.slice(0, run.evolution.lambda)
    if (!members || members.length < run.evolution.lambda) return run
    key = hashPoint(
      Float64Array.from([
        key,
        ...members.flatMap(({ point, outcome, index }) => [hashPoint(point), lossOf(outcome), index]),
      ]),
    )
    const known = replayed.get(key)
    run = known ?? nextRun(run, members, context)
    if (!known) keep(key, run)
  }
}

const replayed = new Map<number, Run>()
const KEPT = 2000

function keep(key: number, run: Run): void {
  if (replayed.size >= KEPT) replayed.delete(replayed.keys().next().value ?? 0)
  replayed.set(key, run)
}

function startRun({ space, settings, start }: Replay): Run {
  const { numbers, categories } = axisSplit(space)
  const lambda = defaultLambda(numbers.length + categories.length)
  return {
    evolution: startEvolution(
      Float64Array.from(numbers, i => start[i]),
      settings.sigma,
      lambda,
    ),
    names: categories.map(i => startNames(space.axes[i].levels)),
    generation: 1,
    restart: 0,
    spent: { large: 0, small: 0 },
    isLarge: true,
    largest: lambda,
  }
}

function nextRun(run: Run, members: readonly FinishedTrial[], context: Replay): Run {
  const { space, stream } = context
  const { numbers, categories } = axisSplit(space)
  const { evolution } = run
  const ranked = members.toSorted((a, b) => lossOf(a.outcome) - lossOf(b.outcome))
  const scales = margins(run, space)
  const steps = ranked.map(trial => {
    const drawn = drawStep(run, scales, space, stream(trial.index))
    const fits = numbers.every((i, j) => space.axes[i].snap(drawn.x[j]) === trial.point[i])
    if (fits) return drawn.y
    return Float64Array.from(numbers, (i, j) => (trial.point[i] - evolution.mean[j]) / (evolution.sigma * scales[j]))
  })
  const advanced = advance(evolution, steps, lossOf(ranked[0].outcome))
  const next: Run = {
    ...run,
    evolution: { ...advanced, mean: advanced.mean.map(m => Math.min(1, Math.max(0, m))) },
    names: run.names.map((names, c) => {
      const axis = space.axes[categories[c]]
      return advanceNames(
        names,
        ranked.map(({ point }) => axis.levelOf(point[categories[c]])),
        categories.length,
      )
    }),
    generation: run.generation + 1,
    spent: run.isLarge
      ? { ...run.spent, large: run.spent.large + members.length }
      : { ...run.spent, small: run.spent.small + members.length },
  }
  return context.settings.restart_strategy === 'none' || !whyEnded(next.evolution) ? next : restarted(next, context)
}

/**
 * ipop (Auger and Hansen 2005): twice the population. bipop (Hansen 2009): the regime that has spent less goes next, large
 * ones doubling, small ones of random size and step.
 */
function restarted(run: Run, { space, settings, stream }: Replay): Run {
  const { numbers, categories } = axisSplit(space)
  const restart = run.restart + 1
  const rng = stream(-1 - restart)
  const smallest = defaultLambda(numbers.length + categories.length)
  const isLarge = settings.restart_strategy === 'ipop' || run.spent.large <= run.spent.small
  const largest = isLarge ? run.largest * 2 : run.largest
  const u = rng.uniform()
  const lambda = isLarge ? largest : Math.max(2, Math.floor(smallest * (0.5 * (largest / smallest)) ** (u * u)))
  const sigma = isLarge ? settings.sigma : settings.sigma * 10 ** (-2 * rng.uniform())
  return {
    evolution: startEvolution(
      Float64Array.from(numbers, () => rng.uniform()),
      sigma,
      lambda,
    ),
    names: categories.map(i => startNames(space.axes[i].levels)),
    generation: run.generation,
    restart,
    spent: run.spent,
    isLarge,
    largest,
  }
}

/** Failed trials rank last. */
export function lossOf(outcome: FinishedTrial['outcome']): number {
  return outcome.is === 'failed' ? Number.MAX_VALUE : (outcome.losses?.[0] ?? Number.MAX_VALUE)
}

/** The names of one new trial, in the order of the categorical axes. */
export function drawNames(run: Run, rng: Rng): number[] {
  return run.names.map(names => drawName(names, rng.uniform()))
}
