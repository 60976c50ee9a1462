/**
 * How well the process predicts each trial from all the others, without refitting.
 *
 * Source: Rasmussen and Williams 2006, eq. 5.10-5.12: with K⁻¹ at hand the prediction of trial a is y_a - α_a / [K⁻¹]_aa with
 * variance 1 / [K⁻¹]_aa. The profiled mean stays that of all trials.
 */
import { sampleRankCorrelation } from 'simple-statistics'
import { cholesky, inverseFromCholesky } from '#numerics'
import { covarianceMatrix, type Inputs, type Kernel, squaredDistances } from './covariance.ts'
import { centredWeights } from './log-posterior.ts'

/** Means and variances, noise included. `undefined`: K is not positive definite. */
export function leaveOneOut(inputs: Inputs, y: Float64Array, kernel: Kernel) {
  const { n } = inputs
  const l = covarianceMatrix(squaredDistances(inputs), n, kernel)
  if (!cholesky(l, n)) return undefined
  const { alpha } = centredWeights(l, n, y)
  const inverse = inverseFromCholesky(l, n)
  const variances = Float64Array.from({ length: n }, (_, a) => 1 / inverse[a * n + a])
  return { means: y.map((value, a) => value - alpha[a] * variances[a]), variances }
}

/** Spearman's correlation of the predicted means with the outcomes. */
export function rankCorrelation(inputs: Inputs, y: Float64Array, kernel: Kernel): number | undefined {
  const left = leaveOneOut(inputs, y, kernel)
  return left && sampleRankCorrelation([...left.means], [...y])
}
