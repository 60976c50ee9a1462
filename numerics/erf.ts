/**
 * The error function and its complements.
 *
 * Source: Cody 1969, Rational Chebyshev approximations for the error function, doi:10.1090/S0025-5718-1969-0247736-4;
 * three regions: |x| <= 0.46875, up to 4, beyond. Relative error below 1e-15 where the result is a normal number.
 */

const threshold = 0.46875
const inverseSqrtPi = 0.5641895835477562869

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
  return Math.exp(-coarse * coarse) * Math.exp(-(y - coarse) * (y + coarse))
}

const a = [
  3.1611237438705656, 113.864154151050156, 377.485237685302021, 3209.37758913846947, 0.185777706184603153,
] as const
const b = [23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062] as const
const c = [
  0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131, 881.95222124176909,
  1712.04761263407058, 2051.07837782607147, 1230.33935479799725, 2.15311535474403846e-8,
] as const
const d = [
  15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
  4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
] as const
const p = [
  0.305326634961232344, 0.360344899949804439, 0.125781726111229246, 0.0160837851487422766, 6.58749161529837803e-4,
  0.0163153871373020978,
] as const
const q = [
  2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191, 0.00233520497626869185,
] as const
