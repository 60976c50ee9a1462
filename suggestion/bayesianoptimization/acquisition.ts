/**
 * How promising a point is: log expected improvement, averaged over the fantasies, and its gradient.
 *
 * ∂μ/∂u_i = Σ_a α_a ∂k_a/∂u_i · ∂σ²/∂u_i = -2 Σ_a (K⁻¹k)_a ∂k_a/∂u_i · ∂k_a/∂u_i = -2 s c(r²) λ_i (u_i - x_ai)
 * with c = -(∂k/∂r²)/s · best_s lowest outcome of fantasy s
 */
import { solveLower, solveLowerTransposed } from '#numerics'
import { correlation, correlationSlope, distanceTo } from './covariance.ts'
import { logH, logHSlope } from './log-ei.ts'
import { dot, type Posterior } from './posterior.ts'

export interface Acquisition {
  value(point: Float64Array): number
  /** Writes the gradient over all coordinates; that of names is 0. */
  valueWithGradient(point: Float64Array, gradient: Float64Array): number
  /** From the mean and the nearest trial alone: O(n d), never below what the variance would give. For screening. */
  optimistic(point: Float64Array): number
}

export function createAcquisition(posterior: Posterior, best: readonly number[]): Acquisition {
  const { inputs, kernel, factor, alphas } = posterior
  const { n, d, x, isName } = inputs
  const r2 = new Float64Array(n)
  const k = new Float64Array(n)
  const v = new Float64Array(n)
  const zs = new Float64Array(alphas.length)
  const logs = new Float64Array(alphas.length)

  function measure(point: Float64Array): void {
    for (let a = 0; a < n; a++) {
      r2[a] = distanceTo(inputs, a, point, kernel.inverseSquares)
      k[a] = kernel.signal * correlation(r2[a])
    }
  }

  /** log of the mean of exp(log EI_s); leaves z_s and log h(z_s) behind. */
  function averaged(deviation: number): number {
    let max = Number.NEGATIVE_INFINITY
    for (let s = 0; s < alphas.length; s++) {
      zs[s] = (best[s] - posterior.mean - dot(k, alphas[s], n)) / deviation
      logs[s] = logH(zs[s])
      if (logs[s] > max) max = logs[s]
    }
    let sum = 0
    for (let s = 0; s < alphas.length; s++) sum += Math.exp(logs[s] - max)
    return Math.log(deviation) + max + Math.log(sum / alphas.length)
  }

  function deviationOf(variance: number): number {
    return Math.sqrt(Math.max(variance, 1e-14 * kernel.signal))
  }

  return {
    value(point) {
      measure(point)
      v.set(k)
      solveLower(factor, n, v)
      return averaged(deviationOf(kernel.signal - dot(v, v, n)))
    },
    optimistic(point) {
      measure(point)
      let nearest = 0
      for (let a = 0; a < n; a++) if (k[a] > nearest) nearest = k[a]
      return averaged(deviationOf(kernel.signal - (nearest * nearest) / (kernel.signal + kernel.noise)))
    },
    valueWithGradient(point, gradient) {
      measure(point)
      v.set(k)
      solveLower(factor, n, v)
      const deviation = deviationOf(kernel.signal - dot(v, v, n))
      const value = averaged(deviation)
      solveLowerTransposed(factor, n, v)
      // value = log σ + log mean h(z_s): ∂/∂μ_s = -w_s h'/h / σ and ∂/∂σ = (1 - Σ w_s z_s h'/h) / σ, w_s the share of s.
      const logMean = value - Math.log(deviation) + Math.log(alphas.length)
      let deviationSlope = 1
      const coefficients = new Float64Array(n)
      for (let s = 0; s < alphas.length; s++) {
        const slope = Math.exp(logs[s] - logMean) * logHSlope(zs[s], logs[s])
        deviationSlope -= slope * zs[s]
        for (let a = 0; a < n; a++) coefficients[a] -= (slope / deviation) * alphas[s][a]
      }
      const varianceSlope = deviationSlope / deviation / (2 * deviation)
      gradient.fill(0)
      for (let a = 0; a < n; a++) {
        const coefficient = coefficients[a] - 2 * varianceSlope * v[a]
        const outer = -2 * kernel.signal * correlationSlope(r2[a]) * coefficient
        for (let i = 0; i < d; i++) {
          if (!isName[i]) gradient[i] += outer * kernel.inverseSquares[i] * (point[i] - x[a * d + i])
        }
      }
      return value
    },
  }
}
