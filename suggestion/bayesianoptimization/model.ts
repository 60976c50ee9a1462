/**
 * From trials to a posterior: which trials, which warp, which hyperparameters.
 *
 * Hyperparameters are fitted on a prefix of the trials (by index) that grows by a twentieth, so that most suggestions reuse
 * a fit. Fits are kept by the data they saw: the cache changes the time of an answer, never the answer.
 *
 * Two priors of the length scales take turns from prefix to prefix. Neither is best everywhere: short scales find narrow
 * valleys, long ones believe a slope; a search that believes both in turn is stuck in the errors of neither.
 */
import type { Axis } from '../axis.ts'
import type { Observations } from '../tpe/observations.ts'
import type { Inputs } from './covariance.ts'
import { type Fit, fitKernel, type LengthScalePrior } from './fit.ts'
import { rankCorrelation } from './leave-one-out.ts'
import { createPosterior, type Posterior } from './posterior.ts'
import { warpLosses } from './warp.ts'

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
  const fit = fitOf(axes, prefixOf(trials, ranked))
  if (!fit) return undefined
  const kept = spread(trials, PREDICT_LIMIT)
  return createPosterior(inputsOf(axes, kept), outcomesOf(kept), fit.kernel)
}

/** How well the process ranks each trial from the others, -1 to 1; `undefined` where there is no model. */
export function correlationOf(axes: readonly Axis[], observations: Observations): number | undefined {
  const { ranked, failed } = observations
  if (ranked.length < 3 || ranked[0].loss === ranked[ranked.length - 1].loss) return undefined
  const trials: Evidence[] = [...ranked, ...failed.map(point => ({ point, loss: undefined, age: 0 }))]
  const prefix = prefixOf(trials, ranked)
  const fit = fitOf(axes, prefix)
  const kept = spread(prefix.trials, FIT_LIMIT)
  return fit && rankCorrelation(inputsOf(axes, kept), outcomesOf(kept), fit.kernel)
}

/** Trials of the model, best first. */
function inputsOf(axes: readonly Axis[], trials: readonly Evidence[]): Inputs {
  const d = axes.length
  const x = new Float64Array(trials.length * d)
  for (const [a, { point }] of trials.entries()) x.set(point, a * d)
  return { n: trials.length, d, x, isName: Uint8Array.from(axes, axis => (axis.kind === 'categorical' ? 1 : 0)) }
}

/** z-scores; a failed trial counts as the worst that was seen. */
function outcomesOf(trials: readonly Evidence[]): Float64Array {
  const y = warpLosses(trials.flatMap(({ loss }) => (loss === undefined ? [] : [loss])))
  return Float64Array.from(trials, (_, a) => y[Math.min(a, y.length - 1)])
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
  const youngest = ranked.map(({ age }) => age).sort((a, b) => b - a)[count - 1]
  return { trials: trials.filter(({ age, loss }) => loss !== undefined && age >= youngest), prior }
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

function fitOf(axes: readonly Axis[], { trials, prior }: Prefix): Fit | undefined {
  const kept = spread(trials, FIT_LIMIT)
  const inputs = inputsOf(axes, kept)
  const y = outcomesOf(kept)
  const key = `${prior}:${keyOf(inputs, y)}`
  if (!fits.has(key)) {
    if (fits.size >= FITS_KEPT) fits.delete(fits.keys().next().value ?? '')
    fits.set(key, fitKernel(inputs, y, prior))
  }
  return fits.get(key)
}

/** Equal only for equal data: the bits themselves, as text. */
function keyOf({ x, isName }: Inputs, y: Float64Array): string {
  const bits = (numbers: Float64Array) => new Uint32Array(numbers.buffer).join(' ')
  return `${isName.join('')}:${bits(x)}:${bits(y)}`
}
