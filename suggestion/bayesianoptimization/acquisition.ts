/**
 * How promising a point is by some criterion, and the gradient over the cube.
 *
 * ∂μ/∂u_i = Σ_a α_a ∂k_a/∂u_i · ∂σ²/∂u_i = -2 Σ_a (K⁻¹k)_a ∂k_a/∂u_i
 * ∂k_a/∂u_i = 2 s λ_i (u_i - x_ai) ((1 - w) ∂m/∂r² - w/d c q_i²), symbols of `covariance.ts`
 */
import { solveLower, solveLowerTransposed } from '#numerics'
import { covarianceSlope, createCovariances } from './covariance.ts'
import type { Criterion } from './criterion.ts'
import { dot, type Posterior } from './posterior.ts'

export interface Acquisition {
  value(point: Float64Array): number
  /** Writes the gradient over all coordinates; that of names is 0. */
  valueWithGradient(point: Float64Array, gradient: Float64Array): number
  /** From the mean and the nearest trial alone: O(n d), never below what the variance would give. For screening. */
  optimistic(point: Float64Array): number
}

export function createAcquisition(posterior: Posterior, criterion: Criterion): Acquisition {
  const { inputs, kernel, factor, alphas } = posterior
  const { n, d, x, isName } = inputs
  const covariances = createCovariances(inputs, kernel)
  const { inverseSquares, share, stretch } = kernel
  const each = (kernel.signal * share) / d
  const r2 = new Float64Array(n)
  const joint = new Float64Array(n)
  const k = new Float64Array(n)
  const v = new Float64Array(n)
  const means = new Float64Array(alphas.length)
  const coefficients = new Float64Array(n)

  function measure(point: Float64Array): void {
    covariances(point, r2, joint, k)
    for (let s = 0; s < alphas.length; s++) means[s] = posterior.mean + dot(k, alphas[s], n)
  }

  function judge(variance: number): number {
    return criterion.evaluate(means, deviationOf(variance))
  }

  function deviationOf(variance: number): number {
    return Math.sqrt(Math.max(variance, 1e-14 * kernel.signal))
  }

  function addSumSlopes(point: Float64Array, a: number, coefficient: number, gradient: Float64Array): void {
    for (let i = 0; i < d; i++) {
      if (isName[i]) continue
      const difference = point[i] - x[a * d + i]
      const q = 1 / (1 + stretch * inverseSquares[i] * difference * difference)
      gradient[i] -= 2 * coefficient * each * stretch * inverseSquares[i] * difference * q * q
    }
  }

  return {
    value(point) {
      measure(point)
      v.set(k)
      solveLower(factor, n, v)
      return judge(kernel.signal - dot(v, v, n))
    },
    optimistic(point) {
      measure(point)
      let nearest = 0
      for (let a = 0; a < n; a++) if (k[a] > nearest) nearest = k[a]
      return judge(kernel.signal - (nearest * nearest) / (kernel.signal + kernel.noise))
    },
    valueWithGradient(point, gradient) {
      measure(point)
      v.set(k)
      solveLower(factor, n, v)
      const variance = kernel.signal - dot(v, v, n)
      const value = judge(variance)
      solveLowerTransposed(factor, n, v)
      coefficients.fill(0)
      for (const [s, alpha] of alphas.entries()) {
        for (let a = 0; a < n; a++) coefficients[a] += criterion.meanSlopes[s] * alpha[a]
      }
      const varianceSlope = criterion.deviationSlope / (2 * deviationOf(variance))
      gradient.fill(0)
      for (let a = 0; a < n; a++) {
        const coefficient = coefficients[a] - 2 * varianceSlope * v[a]
        const outer = -2 * covarianceSlope(r2[a], joint[a]) * coefficient
        for (let i = 0; i < d; i++) {
          if (!isName[i]) gradient[i] += outer * inverseSquares[i] * (point[i] - x[a * d + i])
        }
        if (share > 0) addSumSlopes(point, a, coefficient, gradient)
      }
      return value
    },
  }
}
