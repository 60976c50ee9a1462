/**
 * Hyperparameters of the process: the mode of their posterior (`log-posterior.ts`), from several starts.
 *
 * θ = (ln λ_1 .. ln λ_d, ln s, ln noise), and with a sum also (logit w, ln c)
 */
import { minimizeInBox } from '#numerics'
import { type Inputs, type Kernel, squaredDistances } from './covariance.ts'
import { kernelOf, type LengthScalePrior, logPosterior, SHARE_MEAN, scaledMean } from './log-posterior.ts'

export interface Fit {
  readonly kernel: Kernel
  /** Log posterior density at the mode, up to a constant. */
  readonly logPosterior: number
}

export interface Assumptions {
  readonly prior: LengthScalePrior
  /** Whether a share of the covariance may be a sum over the parameters. */
  readonly hasSum: boolean
}

/** `undefined`: no start led to a positive definite matrix. `near`: a fit to start from, alone, where one is known. */
export function fitKernel(inputs: Inputs, y: Float64Array, assumed: Assumptions, near?: Fit): Fit | undefined {
  const { n, d } = inputs
  const { prior, hasSum } = assumed
  const squares = squaredDistances(inputs)
  const [lower, upper] = [0, 1].map(side =>
    Float64Array.from([
      ...new Array(d).fill(SCALES[side]),
      SIGNAL[side],
      NOISE[side],
      ...(hasSum ? [SHARE_LOGIT[side], STRETCH[side]] : []),
    ]),
  )
  const evaluate = (theta: Float64Array, gradient: Float64Array) => {
    const value = logPosterior(theta, { squares, n, d, y, prior }, gradient)
    for (let i = 0; i < gradient.length; i++) gradient[i] = -gradient[i]
    return -value
  }
  let best: Fit | undefined
  for (const start of near ? [thetaOf(near.kernel, hasSum)] : startsOf(d, assumed)) {
    const found = minimizeInBox({ lower, upper, evaluate }, start, {
      maxIterations: 40,
      gradientTolerance: 2e-2,
      valueTolerance: 1e-6,
    })
    const value = -found.value
    if (Number.isFinite(value) && (best === undefined || value > best.logPosterior)) {
      best = { kernel: kernelOf(found.x, d), logPosterior: value }
    }
  }
  return best
}

/** Least and largest of each part of θ. */
const SCALES = [Math.log(1 / 50 ** 2), Math.log(1 / 0.005 ** 2)]
const SIGNAL = [Math.log(1e-2), Math.log(1e2)]
const NOISE = [Math.log(1e-8), Math.log(1)]
const SHARE_LOGIT = [-6, 4]
const STRETCH = [-4, 4]

function startsOf(d: number, { prior, hasSum }: Assumptions): Float64Array[] {
  const start = (logLambda: number) =>
    Float64Array.from([...new Array(d).fill(logLambda), 0, Math.log(1e-3), ...(hasSum ? [SHARE_MEAN, 0] : [])])
  if (prior === 'near-one') return [start(0), start(Math.log(1 / 0.25 ** 2))]
  return [start(-2 * scaledMean(d)), start(Math.log(1 / 0.5 ** 2))]
}

function thetaOf({ inverseSquares, signal, noise, share, stretch }: Kernel, hasSum: boolean): Float64Array {
  const sum = hasSum ? [share / (1 - share), stretch] : []
  return Float64Array.from([...inverseSquares, signal, noise, ...sum], Math.log)
}
