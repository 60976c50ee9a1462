/**
 * Which warp and which prior explain the trials best: leave-one-out log predictive density of the better half.
 *
 * Source: Rasmussen and Williams 2006, eq. 5.10-5.12: with the factor of K at hand, the prediction of trial a from all the
 * others is μ_a = y_a - α_a / [K⁻¹]_aa with variance 1 / [K⁻¹]_aa. Densities are of the unwarped losses: the slope of the
 * warp enters. Only the better half counts: there every warp is smooth, and there the search will go.
 */
import { sampleRankCorrelation } from 'simple-statistics'
import { cholesky, inverseFromCholesky } from '#numerics'
import { covarianceMatrix, type Inputs, type Kernel, squaredDistances } from './covariance.ts'
import { centredWeights, fitKernel, type LengthScalePrior } from './fit.ts'
import { type Warp, warpLosses } from './warp.ts'

export interface ModelChoice {
  readonly warp: Warp
  readonly prior: LengthScalePrior
  readonly kernel: Kernel
  /** Mean leave-one-out log density of the better half. */
  readonly evidence: number
  /** Spearman's correlation of the leave-one-out means with the outcomes. */
  readonly correlation: number
}

const candidates: readonly { readonly warp: Warp; readonly prior: LengthScalePrior }[] = [
  { warp: 'half-rank', prior: 'near-one' },
]

/** `undefined`: no fit succeeded. Ties go to the earlier candidate. */
export function chooseModel(
  inputs: Inputs,
  losses: readonly number[],
  outcomes: (warp: Warp) => Float64Array,
): ModelChoice | undefined {
  let best: ModelChoice | undefined
  for (const { warp, prior } of candidates) {
    const y = outcomes(warp)
    const fit = fitKernel(inputs, y, prior)
    if (!fit) continue
    const left = leaveOneOut(inputs, y, fit.kernel)
    if (!left) continue
    const evidence = logDensity(left, y, warpLosses(losses, warp).logSlopes)
    if (best !== undefined && evidence <= best.evidence) continue
    best = { warp, prior, kernel: fit.kernel, evidence, correlation: sampleRankCorrelation([...left.means], [...y]) }
  }
  return best
}

/** Predictions of every trial from the others. `undefined`: K is not positive definite. */
export function leaveOneOut(inputs: Inputs, y: Float64Array, kernel: Kernel) {
  const { n } = inputs
  const l = covarianceMatrix(squaredDistances(inputs), n, kernel)
  if (!cholesky(l, n)) return undefined
  const { alpha } = centredWeights(l, n, y)
  const inverse = inverseFromCholesky(l, n)
  const variances = Float64Array.from({ length: n }, (_, a) => 1 / inverse[a * n + a])
  return { means: y.map((value, a) => value - alpha[a] * variances[a]), variances }
}

/** Mean over the trials that have a slope. */
export function logDensity(
  { means, variances }: { means: Float64Array; variances: Float64Array },
  y: Float64Array,
  logSlopes: Float64Array,
): number {
  let sum = 0
  for (const [a, slope] of logSlopes.entries()) {
    sum += slope - 0.5 * Math.log(variances[a]) - (y[a] - means[a]) ** 2 / (2 * variances[a])
  }
  return sum / logSlopes.length
}
