/**
 * The error function and its complements.
 *
 * Source: Cody 1969, Rational Chebyshev approximations for the error function, doi:10.1090/S0025-5718-1969-0247736-4;
 * three regions: |x| <= 0.46875, up to 4, beyond. Relative error below 1e-15 where the result is a normal number.
 */

import { decay } from './decay.ts'

const threshold = 0.46875
const inverseSqrtPi = 0.5641895835477563

/** 2/√π ∫₀ˣ exp(-t²) dt */
export function erf(x: number): number {
  const y = Math.abs(x)
  if (y <= threshold) return x * centre(y * y)
  const upper = 1 - Math.exp(-y * y) * scaledTail(y)
  return x < 0 ? -upper : upper
}

/** 1 - erf(x), accurate in the upper tail. */
export function erfc(x: number): number {
  const y = Math.abs(x)
  if (y <= threshold) return 1 - x * centre(y * y)
  const tail = y > 27.3 ? 0 : expMinusSquare(y) * scaledTail(y)
  return x < 0 ? 2 - tail : tail
}

/** exp(x²) erfc(x): finite for every x above -26. */
export function erfcx(x: number): number {
  if (x >= threshold) return scaledTail(x)
  if (x < -26.7) return Number.POSITIVE_INFINITY
  return Math.exp(x * x) * erfc(x)
}

function centre(square: number): number {
  if (square < 1e-34) return 2 * inverseSqrtPi
  let top = a[4] * square
  let bottom = square
  for (let i = 0; i < 3; i++) {
    top = (top + a[i]) * square
    bottom = (bottom + b[i]) * square
  }
  return (top + a[3]) / (bottom + b[3])
}

/** exp(y²) erfc(y), y > 0.46875 */
function scaledTail(y: number): number {
  if (y <= 4) {
    let top = c[8] * y
    let bottom = y
    for (let i = 0; i < 7; i++) {
      top = (top + c[i]) * y
      bottom = (bottom + d[i]) * y
    }
    return (top + c[7]) / (bottom + d[7])
  }
  if (y > 6.71e7) return inverseSqrtPi / y
  const inverseSquare = 1 / (y * y)
  let top = p[5] * inverseSquare
  let bottom = inverseSquare
  for (let i = 0; i < 4; i++) {
    top = (top + p[i]) * inverseSquare
    bottom = (bottom + q[i]) * inverseSquare
  }
  const series = (inverseSquare * (top + p[4])) / (bottom + q[4])
  return (inverseSqrtPi - series) / y
}

/** exp(-y²) with the square split in two, so that its rounding error is not multiplied by y². */
function expMinusSquare(y: number): number {
  const coarse = Math.trunc(y * 16) / 16
  return decay(coarse * coarse) * decay((y - coarse) * (y + coarse))
}

const a = [3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694, 0.18577770618460315] as const
const b = [23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171] as const
const c = [
  0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769, 1712.0476126340707,
  2051.0783778260716, 1230.3393547979972, 2.1531153547440383e-8,
] as const
const d = [
  15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247,
  3439.3676741437216, 1230.3393548037495,
] as const
const p = [
  0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378,
  0.016315387137302097,
] as const
const q = [
  2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
] as const
