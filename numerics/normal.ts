/**
 * The standard normal distribution: density, distribution function and inverses, also of logarithms.
 *
 * Sources: the error functions of `erf.ts`; Wichura 1988, Algorithm AS 241, doi:10.2307/2347330 (PPND16).
 * Departs: the inverse from a log-probability is Newton's method on `logNormalCdf`, safe down to the smallest doubles.
 */
import { erfc, erfcx } from './erf.ts'

export const LOG_SQRT_2PI = 0.91893853320467274178

export function normalPdf(z: number): number {
  return Math.exp(-0.5 * z * z - LOG_SQRT_2PI)
}

/** P(Z <= z) */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z * Math.SQRT1_2)
}

/** log P(Z <= z), finite for every finite z whose square is. */
export function logNormalCdf(z: number): number {
  if (z < -1) return Math.log(0.5 * erfcx(-z * Math.SQRT1_2)) - 0.5 * z * z
  return Math.log1p(-0.5 * erfc(z * Math.SQRT1_2))
}

/** z with P(Z <= z) = p. 0 and 1 give the infinities; outside [0, 1] is NaN. */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(a, r)) / polynomial(b, r)
  }
  const tail = q < 0 ? p : 1 - p
  if (!(tail > 0)) return tail === 0 ? Math.sign(q) * Number.POSITIVE_INFINITY : Number.NaN
  const r = Math.sqrt(-Math.log(tail))
  const z = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5)
  return q < 0 ? -z : z
}

/** z with log P(Z <= z) = logP, for logP <= 0. */
export function normalLogQuantile(logP: number): number {
  if (logP > -1e-2) return -normalQuantile(-Math.expm1(logP))
  if (logP > -5) return normalQuantile(Math.exp(logP))
  // Far tail: start from the leading term, then Newton on log Φ, whose slope is φ/Φ.
  let z = -Math.sqrt(-2 * (logP + LOG_SQRT_2PI + Math.log(Math.sqrt(-2 * logP))))
  for (let i = 0; i < 20; i++) {
    const logCdf = logNormalCdf(z)
    const step = (logCdf - logP) / Math.exp(-0.5 * z * z - LOG_SQRT_2PI - logCdf)
    z -= step
    if (Math.abs(step) <= 1e-15 * Math.abs(z)) break
  }
  return z
}

function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i]
  return value
}

const a = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
]
const b = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852854561,
]
const c = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
]
const d = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
]
const e = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
]
const f = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
]
