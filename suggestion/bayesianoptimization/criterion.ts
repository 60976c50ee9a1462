/**
 * What makes a prediction worth a trial: a value from the mean in every fantasy and the common deviation, and its slopes.
 *
 * EI: log of the mean over fantasies of expected improvement (see `log-ei.ts`). PI: the same of the probability to improve
 * by 0.01 or more. LCB: minus the lower bound μ - 1.96 σ. The two constants are scikit-optimize's defaults. mean: minus μ.
 *
 * S fantasies · z_s = (best_s - ξ - μ_s) / σ · w_s share of fantasy s in the mean
 */
import { LOG_SQRT_2PI, logNormalCdf } from '#numerics'
import { logH, logHSlope } from './log-ei.ts'

export type CriterionName = 'EI' | 'PI' | 'LCB' | 'mean'

export interface Criterion {
  /** Larger is better. Writes `meanSlopes` [S] and `deviationSlope`. */
  evaluate(means: Float64Array, deviation: number): number
  readonly meanSlopes: Float64Array
  deviationSlope: number
}

const KAPPA = 1.96
const XI = 0.01

/** `best` [S]: the lowest outcome of each fantasy. */
export function createCriterion(name: CriterionName, best: readonly number[]): Criterion {
  const count = best.length
  const meanSlopes = new Float64Array(count)
  if (name === 'LCB' || name === 'mean') {
    const kappa = name === 'LCB' ? KAPPA : 0
    meanSlopes.fill(-1 / count)
    return {
      meanSlopes,
      deviationSlope: kappa,
      evaluate: (means, deviation) => kappa * deviation - means.reduce((sum, mean) => sum + mean / count, 0),
    }
  }
  const isEi = name === 'EI'
  const zs = new Float64Array(count)
  const logs = new Float64Array(count)
  const criterion: Criterion = {
    meanSlopes,
    deviationSlope: 0,
    evaluate(means, deviation) {
      let max = Number.NEGATIVE_INFINITY
      for (let s = 0; s < count; s++) {
        zs[s] = (best[s] - (isEi ? 0 : XI) - means[s]) / deviation
        logs[s] = isEi ? logH(zs[s]) : logNormalCdf(zs[s])
        if (logs[s] > max) max = logs[s]
      }
      let sum = 0
      for (let s = 0; s < count; s++) sum += Math.exp(logs[s] - max)
      const logSum = max + Math.log(sum)
      let slopeOfZ = 0
      for (let s = 0; s < count; s++) {
        const slope = isEi ? logHSlope(zs[s], logs[s]) : Math.exp(-0.5 * zs[s] * zs[s] - LOG_SQRT_2PI - logs[s])
        const weighted = Math.exp(logs[s] - logSum) * slope
        meanSlopes[s] = -weighted / deviation
        slopeOfZ += weighted * zs[s]
      }
      criterion.deviationSlope = ((isEi ? 1 : 0) - slopeOfZ) / deviation
      return logSum - Math.log(count) + (isEi ? Math.log(deviation) : 0)
    },
  }
  return criterion
}
