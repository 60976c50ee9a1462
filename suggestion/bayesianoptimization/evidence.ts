/**
 * Which warp of the losses suits: the one under which the process predicts each of the better trials best from all others.
 *
 * Source: Rasmussen and Williams 2006, eq. 5.10-5.12 (leave one out), and the density of a transformed variable (Snelson et
 * al. 2004, Warped Gaussian processes). Departs: only the better half of the trials is judged. There every warp is smooth, so
 * that densities of losses compare, and there the search goes on.
 */
import type { Inputs } from './covariance.ts'
import { type Assumptions, type Fit, fitKernel } from './fit.ts'
import { leaveOneOut } from './leave-one-out.ts'
import { type Warped, type WarpName, warpLosses, warpNames } from './warp.ts'

/** Nats by which another warp must predict better than half-rank, which is the safe one. */
const MARGIN = 2

/** `ascending` [n] losses of the rows of `inputs`. */
export function chooseWarp(inputs: Inputs, ascending: Float64Array, assumed: Assumptions): WarpName {
  let chosen: WarpName = 'half-rank'
  let best = Number.NEGATIVE_INFINITY
  let fit: Fit | undefined
  for (const name of warpNames) {
    const warped = warpLosses(ascending, name)
    // The first fit is a good start for the others: one climb each is enough for a comparison.
    const found = fitKernel(inputs, warped.z, assumed, fit)
    fit ??= found
    const score = found ? logEvidence(inputs, warped, found) : Number.NEGATIVE_INFINITY
    if (score > best + (chosen === 'half-rank' && name !== 'half-rank' ? MARGIN : 0)) {
      chosen = name
      best = score
    }
  }
  return chosen
}

/** Σ log density of each loss of the better half, given all others. */
export function logEvidence(inputs: Inputs, { z, logSlopes }: Warped, { kernel }: Fit): number {
  const left = leaveOneOut(inputs, z, kernel)
  if (!left) return Number.NEGATIVE_INFINITY
  return logSlopes.reduce((sum, logSlope, a) => {
    const variance = left.variances[a]
    return sum + logSlope - 0.5 * Math.log(2 * Math.PI * variance) - (0.5 * (z[a] - left.means[a]) ** 2) / variance
  }, 0)
}
