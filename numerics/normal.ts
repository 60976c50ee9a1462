/**
 * The standard normal distribution: density, distribution function and inverses, also of logarithms.
 *
 * Sources: the error functions of `erf.ts`; Wichura 1988, Algorithm AS 241, doi:10.2307/2347330 (PPND16).
 * Departs: the inverse from a log-probability is Newton's method on `logNormalCdf`, safe down to the smallest doubles.
 */
import { erfc, erfcx } from './erf.ts'

/** log √(2π) */
export const LOG_SQRT_2PI = 0.9189385332046728

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
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
]
const b = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
]
const c = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
]
const d = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
]
const e = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
]
const f = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
  1.421511758316446e-7, 2.0442631033899397e-15,
]
