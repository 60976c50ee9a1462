/**
 * From trials to a posterior: which trials, which warp, which hyperparameters.
 *
 * Hyperparameters are fitted on a prefix of the trials (by index) that grows by a twentieth, so that most suggestions reuse
 * a fit. Fits are kept by the data they saw: the cache changes the time of an answer, never the answer.
 *
 * Two priors of the length scales take turns from prefix to prefix. Neither is best everywhere: short scales find narrow
 * valleys, long ones believe a slope; a search that believes both in turn is stuck in the errors of neither. Where there are
 * names or steps, the second of them also lets a share of the covariance be a sum over the parameters: decision 25.
 *
 * The warp is chosen where there is half as much more to see than last time, on the trials there were then: a search that
 * is asked again, or goes on in another process, sees its losses the same way.
 */
import type { Axis } from '../axis.ts'
import type { Observations } from '../tpe/observations.ts'
import type { Inputs } from './covariance.ts'
import { chooseWarp } from './evidence.ts'
import { type Assumptions, type Fit, fitKernel } from './fit.ts'
import { rankCorrelation } from './leave-one-out.ts'
import type { LengthScalePrior } from './log-posterior.ts'
import { createPosterior, type Posterior } from './posterior.ts'
import { type WarpName, warpLosses } from './warp.ts'

/** A trial that ended, in the order of merit; failures have no loss. */
interface Evidence {
  readonly point: Float64Array
  readonly loss: number | undefined
  readonly age: number
}

const FIT_LIMIT = 200
const PREDICT_LIMIT = 400

/** `undefined`: the losses say nothing (all equal), or no matrix could be factored. */
export function modelOf(axes: readonly Axis[], observations: Observations): Posterior | undefined {
  const { ranked, failed } = observations
  if (ranked.length < 2 || ranked[0].loss === ranked[ranked.length - 1].loss) return undefined
  const trials: Evidence[] = [...ranked, ...failed.map(point => ({ point, loss: undefined, age: 0 }))]
  const warp = warpOf(axes, ranked)
  const fit = fitOf(axes, prefixOf(trials, ranked), warp)
  if (!fit) return undefined
  const kept = spread(trials, PREDICT_LIMIT)
  return createPosterior(inputsOf(axes, kept), outcomesOf(kept, warp), fit.kernel)
}

/**
 * Continuous parameters alone. Only there other warps, the neighbours of the best and a trust region are asked: among names
 * and steps few trials differ in little, and a search that narrows early ends in the wrong name.
 */
export function isSmooth(axes: readonly Axis[]): boolean {
  return axes.every(({ kind }) => kind === 'continuous')
}

/** How well the process ranks each trial from the others, -1 to 1; `undefined` where there is no model. */
export function correlationOf(axes: readonly Axis[], observations: Observations): number | undefined {
  const { ranked, failed } = observations
  if (ranked.length < 3 || ranked[0].loss === ranked[ranked.length - 1].loss) return undefined
  const trials: Evidence[] = [...ranked, ...failed.map(point => ({ point, loss: undefined, age: 0 }))]
  const prefix = prefixOf(trials, ranked)
  const warp = warpOf(axes, ranked)
  const fit = fitOf(axes, prefix, warp)
  const kept = spread(prefix.trials, FIT_LIMIT)
  return fit && rankCorrelation(inputsOf(axes, kept), outcomesOf(kept, warp), fit.kernel)
}

/** Trials of the model, best first. */
export function inputsOf(axes: readonly Axis[], trials: readonly Pick<Evidence, 'point'>[]): Inputs {
  const d = axes.length
  const x = new Float64Array(trials.length * d)
  for (const [a, { point }] of trials.entries()) x.set(point, a * d)
  return { n: trials.length, d, x, isName: Uint8Array.from(axes, axis => (axis.kind === 'categorical' ? 1 : 0)) }
}

/** z-scores; a failed trial counts as the worst that was seen. */
export function outcomesOf(trials: readonly Pick<Evidence, 'loss'>[], warp: WarpName): Float64Array {
  const { z } = warpLosses(
    trials.flatMap(({ loss }) => (loss === undefined ? [] : [loss])),
    warp,
  )
  return Float64Array.from(trials, (_, a) => z[Math.min(a, z.length - 1)])
}

interface Prefix {
  readonly trials: readonly Evidence[]
  readonly prior: LengthScalePrior
}

/** The oldest trials, as many as the schedule of refits says, best first. */
function prefixOf(trials: readonly Evidence[], ranked: Observations['ranked']): Prefix {
  const { count, turn } = checkpointOf(ranked.length)
  const prior = priors[turn % priors.length]
  if (count === ranked.length) return { trials, prior }
  const youngest = ageOf(ranked, count)
  return { trials: trials.filter(({ age, loss }) => loss !== undefined && age >= youngest), prior }
}

/** Age of the `count`th oldest. */
function ageOf(ranked: Observations['ranked'], count: number): number {
  return Float64Array.from(ranked, ({ age }) => -age).sort()[count - 1] * -1
}

const priors: readonly LengthScalePrior[] = ['near-one', 'dimension-scaled']

/** Up to 30 trials every one; then whenever there is a twentieth more. */
function checkpointOf(n: number): { count: number; turn: number } {
  let count = Math.min(n, 30)
  let turn = count
  while (Math.ceil(count * 1.05) <= n) {
    count = Math.ceil(count * 1.05)
    turn++
  }
  return count < 30 ? { count: n, turn: n } : { count, turn }
}

/** At most `limit`: the better half of them all, the rest evenly over the ranks. */
function spread(trials: readonly Evidence[], limit: number): readonly Evidence[] {
  if (trials.length <= limit) return trials
  const head = Math.floor(limit / 2)
  const stride = (trials.length - head) / (limit - head)
  return [
    ...trials.slice(0, head),
    ...Array.from({ length: limit - head }, (_, i) => trials[head + Math.floor(i * stride)]),
  ]
}

const fits = new Map<string, Fit | undefined>()
const FITS_KEPT = 32

function fitOf(axes: readonly Axis[], { trials, prior }: Prefix, warp: WarpName): Fit | undefined {
  const kept = spread(trials, FIT_LIMIT)
  const hasSum = prior === 'dimension-scaled' && !isSmooth(axes)
  return rememberedFit(inputsOf(axes, kept), outcomesOf(kept, warp), { prior, hasSum })
}

/** `fitKernel`, once for the same data. */
export function rememberedFit(inputs: Inputs, y: Float64Array, assumed: Assumptions): Fit | undefined {
  const key = `${assumed.prior}:${assumed.hasSum}:${keyOf(inputs, y)}`
  if (!fits.has(key)) {
    if (fits.size >= FITS_KEPT) fits.delete(fits.keys().next().value ?? '')
    fits.set(key, fitKernel(inputs, y, assumed))
  }
  return fits.get(key)
}

/** The first choice, and by how much the trials must grow for the next. */
const FIRST_CHOICE = 45
const NEXT_CHOICE = 1.5
const warps = new Map<string, WarpName>()

/** Chosen again whenever there is half as much more to see; until there are 45 trials, and among names, the safe one: chosen on fewer, the logarithm ends some searches far away. */
export function warpOf(axes: readonly Axis[], ranked: Observations['ranked']): WarpName {
  if (ranked.length < FIRST_CHOICE || !isSmooth(axes)) return 'half-rank'
  let count = FIRST_CHOICE
  while (Math.ceil(count * NEXT_CHOICE) <= ranked.length) count = Math.ceil(count * NEXT_CHOICE)
  const oldest = ageOf(ranked, count)
  const kept = spread(
    ranked.filter(({ age }) => age >= oldest),
    FIT_LIMIT,
  )
  const losses = Float64Array.from(kept, ({ loss }) => loss ?? 0)
  if (losses[0] === losses[losses.length - 1]) return 'half-rank'
  const inputs = inputsOf(axes, kept)
  const key = keyOf(inputs, losses)
  const known = warps.get(key)
  if (known) return known
  if (warps.size >= FITS_KEPT) warps.delete(warps.keys().next().value ?? '')
  const chosen = chooseWarp(inputs, losses, { prior: 'near-one', hasSum: false })
  warps.set(key, chosen)
  return chosen
}

/** Equal only for equal data: the bits themselves, as text. */
function keyOf({ x, isName }: Inputs, y: Float64Array): string {
  const bits = (numbers: Float64Array) => new Uint32Array(numbers.buffer).join(' ')
  return `${isName.join('')}:${bits(x)}:${bits(y)}`
}
