/**
 * From trials to a posterior: which trials, which warp, which hyperparameters.
 *
 * Hyperparameters are fitted on a prefix of the trials (by index) that grows by a twentieth, so that most suggestions reuse
 * a fit. Fits are kept by the data they saw: the cache changes the time of an answer, never the answer.
 *
 * Model and prior are chosen on the same prefix by the leave-one-out density of the better half of the trials.
 */
import type { Axis } from '../axis.ts'
import type { Observations } from '../tpe/observations.ts'
import type { Inputs } from './covariance.ts'
import { chooseModel, type ModelChoice } from './evidence.ts'
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
  const choice = chosen(axes, prefix(trials, ranked))
  if (!choice) return undefined
  const kept = spread(trials, PREDICT_LIMIT)
  return createPosterior(inputsOf(axes, kept), outcomesOf(kept, choice), choice.kernel)
}

/** How well the process ranks each trial from the others, -1 to 1; `undefined` where there is no model. */
export function correlationOf(axes: readonly Axis[], observations: Observations): number | undefined {
  const { ranked, failed } = observations
  if (ranked.length < 3 || ranked[0].loss === ranked[ranked.length - 1].loss) return undefined
  const trials: Evidence[] = [...ranked, ...failed.map(point => ({ point, loss: undefined, age: 0 }))]
  return chosen(axes, prefix(trials, ranked))?.correlation
}

/** Trials of the model, best first. */
function inputsOf(axes: readonly Axis[], trials: readonly Evidence[]): Inputs {
  const d = axes.length
  const x = new Float64Array(trials.length * d)
  for (const [a, { point }] of trials.entries()) x.set(point, a * d)
  return { n: trials.length, d, x, isName: Uint8Array.from(axes, axis => (axis.kind === 'categorical' ? 1 : 0)) }
}

/** z-scores; a failed trial counts as the worst that was seen. */
function outcomesOf(trials: readonly Evidence[], { warp }: Pick<ModelChoice, 'warp'>): Float64Array {
  const losses = trials.flatMap(({ loss }) => (loss === undefined ? [] : [loss]))
  const { y } = warpLosses(losses, warp)
  return Float64Array.from(trials, (_, a) => y[Math.min(a, y.length - 1)])
}

/** The oldest trials, as many as the schedule of refits says, best first. */
function prefix(trials: readonly Evidence[], ranked: Observations['ranked']): readonly Evidence[] {
  const checkpoint = checkpointOf(ranked.length)
  if (checkpoint === ranked.length) return trials
  const youngest = [...ranked].sort((a, b) => b.age - a.age)[checkpoint - 1].age
  return trials.filter(({ age, loss }) => loss !== undefined && age >= youngest)
}

function checkpointOf(n: number): number {
  let checkpoint = 30
  if (n <= checkpoint) return n
  while (Math.ceil(checkpoint * 1.05) <= n) checkpoint = Math.ceil(checkpoint * 1.05)
  return checkpoint
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

const choices = new Map<string, ModelChoice | undefined>()
const CHOICES_KEPT = 32

function chosen(axes: readonly Axis[], trials: readonly Evidence[]): ModelChoice | undefined {
  const kept = spread(trials, FIT_LIMIT)
  const inputs = inputsOf(axes, kept)
  const losses = kept.flatMap(({ loss }) => (loss === undefined ? [] : [loss]))
  const key = keyOf(inputs, losses)
  if (!choices.has(key)) {
    if (choices.size >= CHOICES_KEPT) choices.delete(choices.keys().next().value ?? '')
    choices.set(
      key,
      chooseModel(inputs, losses, warp => outcomesOf(kept, { warp })),
    )
  }
  return choices.get(key)
}

/** Equal only for equal data: the bytes themselves, as text. */
function keyOf({ x, isName, n }: Inputs, losses: readonly number[]): string {
  return `${n}:${isName.join('')}:${new Uint32Array(x.buffer).join(' ')}:${losses.join(',')}`
}
