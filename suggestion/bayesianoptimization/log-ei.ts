/**
 * The logarithm of expected improvement, without underflow.
 *
 * Source: Ament et al. 2023, Unexpected improvements to expected improvement, arXiv:2310.20708, eq. 9.
 *
 * z = (best - μ) / σ · h(z) = φ(z) + z Φ(z) · EI = σ h(z)
 */
import { erfcx, LOG_SQRT_2PI, log1mExp, logNormalCdf, normalCdf, normalPdf } from '#numerics'

/** log h(z) */
export function logH(z: number): number {
  if (z > -1) return Math.log(normalPdf(z) + z * normalCdf(z))
  const logPhi = -0.5 * z * z - LOG_SQRT_2PI
  // Below 1/√ε the bracket is 1/z² to working precision.
  if (z < -67_108_864) return logPhi - 2 * Math.log(-z)
  return logPhi + log1mExp(Math.log(erfcx(-z * Math.SQRT1_2) * -z) + HALF_LOG_HALF_PI)
}

/** h'(z) / h(z) = Φ(z) / h(z) */
export function logHSlope(z: number, logHOfZ: number): number {
  return Math.exp(logNormalCdf(z) - logHOfZ)
}

const HALF_LOG_HALF_PI = 0.5 * Math.log(Math.PI / 2)
